// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting the devices together (machine.h).
 */
#include "machine.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "devices/keys.h"

/* The widest access that a bus takes at once. */
#define BUS_WIDTH	8

static u64 now_ns(void *ctx)
{
	struct timespec now;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static u64 wall_ns(void *ctx)
{
	struct timespec now;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static const struct dev_clock host_clock = { .now_ns = now_ns };
static const struct dev_clock wall_clock = { .now_ns = wall_ns };

/* Where a user's choice of a port meets a device that is there already. */
static int add_debug_exit(struct machine *machine, int port, struct message *err)
{
	for (int p = port; p < port + 4; p++) {
		const char *owner = bus_find(&machine->ports, p);

		if (!owner)
			continue;
		message_set(err, "--debug-exit 0x%x needs 4 ports, but 0x%x belongs to the %s",
			    port, p, owner);
		return -EINVAL;
	}
	if (dev_debugexit_init(&machine->debug, &machine->ports, port)) {
		message_set(err, "--debug-exit 0x%x is not possible", port);
		return -EINVAL;
	}
	return 0;
}

int machine_init(struct machine *machine, const struct machine_config *config,
		 const struct machine_events *events, void *ctx, struct message *err)
{
	struct uart_io io = {
		.output = events->output,
		.input_room = events->input_room,
		.ctx = ctx,
	};
	struct i8042_io keyboard_io = { .reset = events->reset, .ctx = ctx };
	struct bus *ports = &machine->ports;
	int ret;

	memset(machine, 0, sizeof(*machine));
	pthread_mutex_init(&machine->lock, NULL);
	bus_init(&machine->ports);
	bus_init(&machine->mmio);
	machine->pci.reset = events->reset;
	machine->pci.ctx = ctx;
	machine->sys.reset = events->reset;
	machine->sys.ctx = ctx;
	machine->power.poweroff = events->power_off;
	machine->power.ctx = ctx;
	machine->debug.exit = events->debug_exit;
	machine->debug.ctx = ctx;

	ret = dev_uart_init(&machine->uart, ports, UART_COM1, &io, NULL);
	if (!ret)
		ret = dev_pit_init(&machine->pit, ports, &host_clock);
	if (!ret)
		ret = dev_i8042_init(&machine->keyboard, ports, &keyboard_io, NULL);
	if (!ret)
		ret = dev_rtc_init(&machine->rtc, ports, &wall_clock, config->low_ram,
				   config->high_ram);
	if (!ret)
		ret = dev_vga_init(&machine->vga, ports, &host_clock);
	if (!ret)
		ret = dev_pciconfig_init(&machine->pci, ports);
	if (!ret)
		ret = dev_sysports_init(&machine->sys, ports);
	if (!ret)
		ret = dev_poweroff_init(&machine->power, ports);
	if (ret) {
		message_set(err, "the devices claim the same ports: this is a fault of xvcpuctl");
		return ret;
	}
	return config->debug_exit < 0 ? 0 : add_debug_exit(machine, config->debug_exit, err);
}

u32 machine_in(struct machine *machine, u16 port, unsigned int size)
{
	u32 value;

	pthread_mutex_lock(&machine->lock);
	value = bus_read(&machine->ports, port, size);
	pthread_mutex_unlock(&machine->lock);
	return value;
}

void machine_out(struct machine *machine, u16 port, unsigned int size, u32 value)
{
	pthread_mutex_lock(&machine->lock);
	bus_write(&machine->ports, port, size, value);
	pthread_mutex_unlock(&machine->lock);
}

void machine_mmio_read(struct machine *machine, u64 gpa, u8 *data, unsigned int size)
{
	pthread_mutex_lock(&machine->lock);
	for (unsigned int done = 0; done < size; done += BUS_WIDTH) {
		unsigned int part = size - done < BUS_WIDTH ? size - done : BUS_WIDTH;
		u64 value = bus_read(&machine->mmio, gpa + done, part);

		memcpy(data + done, &value, part);
	}
	pthread_mutex_unlock(&machine->lock);
}

void machine_mmio_write(struct machine *machine, u64 gpa, const u8 *data, unsigned int size)
{
	pthread_mutex_lock(&machine->lock);
	for (unsigned int done = 0; done < size; done += BUS_WIDTH) {
		unsigned int part = size - done < BUS_WIDTH ? size - done : BUS_WIDTH;
		u64 value = 0;

		memcpy(&value, data + done, part);
		bus_write(&machine->mmio, gpa + done, part, value);
	}
	pthread_mutex_unlock(&machine->lock);
}

size_t machine_input(struct machine *machine, const u8 *bytes, size_t size)
{
	unsigned int taken;

	pthread_mutex_lock(&machine->lock);
	taken = dev_uart_push_input(&machine->uart, bytes, size);
	pthread_mutex_unlock(&machine->lock);
	return taken;
}

size_t machine_type(struct machine *machine, const u8 *characters, size_t size)
{
	u8 codes[KEYS_CODES];
	size_t taken;

	pthread_mutex_lock(&machine->lock);
	for (taken = 0; taken < size; taken++) {
		unsigned int nr = keys_for_character(characters[taken], codes);

		if (nr && !dev_i8042_push_scancodes(&machine->keyboard, codes, nr))
			break;
	}
	pthread_mutex_unlock(&machine->lock);
	return taken;
}

void machine_screen(struct machine *machine, const struct guest_memory *memory,
		    struct textscreen *screen)
{
	pthread_mutex_lock(&machine->lock);
	textscreen_take(screen, memory, &machine->vga);
	pthread_mutex_unlock(&machine->lock);
}
