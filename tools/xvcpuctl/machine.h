/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of a guest, on their two buses and on the interrupt controllers, behind one lock.
 *
 * Device models know nothing of threads: every access goes through a machine_*() function, which
 * takes machine.lock around it. The callbacks of struct machine_events run under that lock. Devices
 * have no clockwork of their own either: somebody calls machine_tick() when it is time.
 */
#ifndef XVCPUCTL_MACHINE_H
#define XVCPUCTL_MACHINE_H

#include <pthread.h>

#include "bus.h"
#include "devices/acpi_pm.h"
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/i8042.h"
#include "devices/pciconfig.h"
#include "devices/pic8259.h"
#include "devices/pit8254.h"
#include "devices/rtc.h"
#include "devices/sysports.h"
#include "devices/textscreen.h"
#include "devices/uart16550.h"
#include "devices/vgaports.h"
#include "message.h"
#include "types.h"

/**
 * struct machine_config - which devices
 * @debug_exit: port of the debug-exit device; -1: none
 * @debug_port: there is firmware's debug port
 * @low_ram:    bytes of RAM below 4 GiB, for the CMOS
 * @high_ram:   bytes of RAM above
 */
struct machine_config {
	int debug_exit;
	bool debug_port;
	u64 low_ram;
	u64 high_ram;
};

/**
 * struct machine_events - what devices tell the machine's owner, with machine.lock held
 * @output:     a byte for the console
 * @input_room: machine_input() would take bytes again
 * @power_off:  the guest switched the power off
 * @reset:      the guest reset the machine
 * @debug_exit: the guest ended with @status
 * @debug:      a byte for the debug port
 * @interrupt:  the interrupt controllers' INTR went up or down: machine_interrupt_pending() changed
 * @deadline:   machine_tick() must be called at @ns of CLOCK_MONOTONIC, perhaps past, and not at
 *              the time told before; without this call after a machine_tick(): not any more
 */
struct machine_events {
	void (*output)(void *ctx, u8 byte);
	void (*input_room)(void *ctx);
	void (*power_off)(void *ctx);
	void (*reset)(void *ctx);
	void (*debug_exit)(void *ctx, u8 status);
	void (*debug)(void *ctx, u8 byte);
	void (*interrupt)(void *ctx, bool level);
	void (*deadline)(void *ctx, u64 ns);
};

/**
 * struct machine - the devices
 * @lock:  protects everything below
 * @ports: port space
 * @mmio:  guest-physical space outside RAM
 * @events: from machine_init()
 * @ctx:    the same
 * @told:   the deadline that the owner was told, or UINT64_MAX: none
 * @pic:   interrupt controllers
 * @uart:  COM1, the console
 * @pit:   timer and port 0x61
 * @keyboard: keyboard controller; ends the machine on a reset
 * @rtc:   clock and CMOS
 * @vga:   registers of the text screen
 * @pci:   configuration ports of an empty bus
 * @sys:   POST code and system control ports
 * @power: ACPI registers
 * @debug: debug-exit port, if any
 * @debugcon: debug port, if any
 */
struct machine {
	pthread_mutex_t lock;
	struct bus ports;
	struct bus mmio;
	const struct machine_events *events;
	void *ctx;
	u64 told;
	struct pic8259 pic;
	struct uart16550 uart;
	struct pit8254 pit;
	struct i8042 keyboard;
	struct rtc rtc;
	struct vga_ports vga;
	struct pciconfig pci;
	struct sysports sys;
	struct acpi_pm power;
	struct debugexit debug;
	struct debugcon debugcon;
};

/**
 * machine_init() - make the devices and put them on their buses
 * @machine: filled
 * @config:  which
 * @events:  must outlive the machine
 * @ctx:     first argument to @events
 * @err:     what is wrong
 *
 * Return: 0, or -EINVAL if the configuration cannot be.
 */
int machine_init(struct machine *machine, const struct machine_config *config,
		 const struct machine_events *events, void *ctx, struct message *err);

/** machine_in() - the guest reads a port. Return: the value; all ones if nobody is there */
u32 machine_in(struct machine *machine, u16 port, unsigned int size);

/** machine_out() - the guest writes a port */
void machine_out(struct machine *machine, u16 port, unsigned int size, u32 value);

/** machine_mmio_read() - the guest reads @size bytes, 1 to 64, outside RAM */
void machine_mmio_read(struct machine *machine, u64 gpa, u8 *data, unsigned int size);

/** machine_mmio_write() - the guest writes @size bytes, 1 to 64, outside RAM */
void machine_mmio_write(struct machine *machine, u64 gpa, const u8 *data, unsigned int size);

/** machine_input() - bytes for the console's receiver. Return: how many it took */
size_t machine_input(struct machine *machine, const u8 *bytes, size_t size);

/**
 * machine_type() - characters typed on the keyboard
 *
 * Return: how many it took; the rest should be offered again a little later. Characters that no
 * key produces are taken and lost.
 */
size_t machine_type(struct machine *machine, const u8 *characters, size_t size);

/** machine_now() - the devices' time: nanoseconds of CLOCK_MONOTONIC */
u64 machine_now(void);

/** machine_deadline() - when machine_tick() is due, in ns of CLOCK_MONOTONIC; UINT64_MAX: never */
u64 machine_deadline(struct machine *machine);

/**
 * machine_tick() - time has passed: let the devices raise what is due
 *
 * At any time, from any thread. Tells by &machine_events.deadline when it wants to be called next.
 */
void machine_tick(struct machine *machine);

/** machine_interrupts_masked() - whether no device can raise INTR before the guest lets it */
bool machine_interrupts_masked(struct machine *machine);

/** machine_interrupt_pending() - whether the interrupt controllers' INTR is up */
bool machine_interrupt_pending(struct machine *machine);

/**
 * machine_acknowledge() - the processor takes the interrupt that INTR announces
 *
 * Return: its vector, now in service; -1: INTR is down, perhaps again, and there is none.
 */
int machine_acknowledge(struct machine *machine);

/** machine_screen() - take a picture of the text screen; empty if there is no RAM behind it */
void machine_screen(struct machine *machine, const struct guest_memory *memory,
		    struct textscreen *screen);

#endif /* XVCPUCTL_MACHINE_H */
