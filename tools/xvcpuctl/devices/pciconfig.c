// SPDX-License-Identifier: GPL-2.0-only
/* PCI configuration mechanism 1 (PCI Local Bus Specification) without devices: see pciconfig.h. */
#include "pciconfig.h"

#define PCI_PORT		0xcf8
#define PCI_PORTS		8
#define PCI_RESET_OFFSET	1

#define ADDRESS_RESERVED	0x7f000003u	/* read as zero */

#define RESET_NOW		0x04		/* a rising edge of it resets */
#define RESET_WRITABLE		0x0e

static void pciconfig_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	const struct pciconfig *pci = dev;

	if (offset == 0 && size == 4)
		*value = pci->address;
	else if (offset == PCI_RESET_OFFSET && size == 1)
		*value = pci->reset_control;
	/* Data of absent functions, and narrow accesses to the address: nobody answers. */
}

static void pciconfig_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct pciconfig *pci = dev;
	u8 old = pci->reset_control;

	if (offset == 0 && size == 4) {
		pci->address = value & ~ADDRESS_RESERVED;
	} else if (offset == PCI_RESET_OFFSET && size == 1) {
		pci->reset_control = value & RESET_WRITABLE;
		if (~old & value & RESET_NOW)
			pci->reset(pci->ctx);
	}
}

static const struct bus_device pciconfig_device = {
	.name = "PCI configuration", .width = 4,
	.read = pciconfig_read, .write = pciconfig_write,
};

int dev_pciconfig_init(struct pciconfig *pci, struct bus *ports)
{
	pci->address = 0;
	pci->reset_control = 0;
	return bus_add(ports, PCI_PORT, PCI_PORTS, &pciconfig_device, pci);
}
