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

u64 machine_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static u64 now_ns(void *ctx)
{
	(void)ctx;
	return machine_now();
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

static void intr_changed(void *ctx, bool up)
{
	struct machine *machine = ctx;

	machine->events->interrupt(machine->ctx, up);
}

static u64 nearest_deadline(const struct machine *machine)
{
	const u64 deadlines[] = {
		dev_pit_deadline(&machine->pit),
		dev_rtc_deadline(&machine->rtc),
		dev_acpi_pm_deadline(&machine->power),
	};
	u64 nearest = UINT64_MAX;

	for (unsigned int i = 0; i < ARRAY_SIZE(deadlines); i++) {
		if (deadlines[i] < nearest)
			nearest = deadlines[i];
	}
	return nearest;
}

/* To be called with the lock held after whatever may have brought a deadline nearer. */
static void tell_deadline(struct machine *machine)
{
	u64 nearest = nearest_deadline(machine);

	if (nearest >= machine->told)
		return;
	machine->told = nearest;
	machine->events->deadline(machine->ctx, nearest);
}

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

/* The devices that raise interrupts, with what they raise them on. */
static int add_interrupting(struct machine *machine)
{
	const struct machine_events *events = machine->events;
	struct pic8259 *pic = &machine->pic;
	struct dev_line intr = { .set = intr_changed, .ctx = machine };
	struct dev_line timer = dev_pic_line(pic, PIT_IRQ);
	struct dev_line keys = dev_pic_line(pic, I8042_KEYBOARD_IRQ);
	struct dev_line serial = dev_pic_line(pic, UART_COM1_IRQ);
	struct dev_line clock = dev_pic_line(pic, RTC_IRQ);
	struct uart_io io = {
		.output = events->output,
		.input_room = events->input_room,
		.ctx = machine->ctx,
	};
	struct i8042_io keyboard_io = { .reset = events->reset, .ctx = machine->ctx };
	struct dev_line sci = dev_pic_line(pic, ACPI_SCI_IRQ);
	struct bus *ports = &machine->ports;
	int ret;

	machine->power.poweroff = events->power_off;
	machine->power.ctx = machine->ctx;
	ret = dev_pic_init(pic, ports, &intr);
	if (!ret)
		ret = dev_uart_init(&machine->uart, ports, UART_COM1, &io, &serial);
	if (!ret)
		ret = dev_pit_init(&machine->pit, ports, &host_clock, &timer);
	if (!ret)
		ret = dev_i8042_init(&machine->keyboard, ports, &keyboard_io, &keys);
	if (!ret)
		ret = dev_rtc_init(&machine->rtc, ports, &wall_clock, &host_clock, &clock);
	if (!ret)
		ret = dev_acpi_pm_init(&machine->power, ports, &host_clock, &sci);
	return ret;
}

static int add_others(struct machine *machine, const struct machine_config *config)
{
	const struct machine_events *events = machine->events;
	struct bus *ports = &machine->ports;
	int ret;

	machine->pci.reset = events->reset;
	machine->pci.ctx = machine->ctx;
	machine->sys.reset = events->reset;
	machine->sys.ctx = machine->ctx;
	machine->debug.exit = events->debug_exit;
	machine->debug.ctx = machine->ctx;
	machine->debugcon.output = events->debug;
	machine->debugcon.ctx = machine->ctx;

	ret = dev_vga_init(&machine->vga, ports, &host_clock);
	if (!ret)
		ret = dev_pciconfig_init(&machine->pci, ports);
	if (!ret)
		ret = dev_sysports_init(&machine->sys, ports);
	if (!ret && config->debug_port)
		ret = dev_debugcon_init(&machine->debugcon, ports);
	return ret;
}

int machine_init(struct machine *machine, const struct machine_config *config,
		 const struct machine_events *events, void *ctx, struct message *err)
{
	int ret;

	memset(machine, 0, sizeof(*machine));
	pthread_mutex_init(&machine->lock, NULL);
	bus_init(&machine->ports);
	bus_init(&machine->mmio);
	machine->events = events;
	machine->ctx = ctx;
	machine->told = UINT64_MAX;

	ret = add_interrupting(machine);
	if (!ret)
		ret = add_others(machine, config);
	if (ret) {
		message_set(err, "the devices claim the same ports: this is a fault of xvcpuctl");
		return ret;
	}
	dev_rtc_memory(&machine->rtc, config->low_ram, config->high_ram);
	return config->debug_exit < 0 ? 0 : add_debug_exit(machine, config->debug_exit, err);
}

u32 machine_in(struct machine *machine, u16 port, unsigned int size)
{
	u32 value;

	pthread_mutex_lock(&machine->lock);
	value = bus_read(&machine->ports, port, size);
	tell_deadline(machine);
	pthread_mutex_unlock(&machine->lock);
	return value;
}

void machine_out(struct machine *machine, u16 port, unsigned int size, u32 value)
{
	pthread_mutex_lock(&machine->lock);
	bus_write(&machine->ports, port, size, value);
	tell_deadline(machine);
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

u64 machine_deadline(struct machine *machine)
{
	u64 nearest;

	pthread_mutex_lock(&machine->lock);
	nearest = nearest_deadline(machine);
	pthread_mutex_unlock(&machine->lock);
	return nearest;
}

void machine_tick(struct machine *machine)
{
	pthread_mutex_lock(&machine->lock);
	dev_pit_tick(&machine->pit);
	dev_rtc_tick(&machine->rtc);
	dev_acpi_pm_tick(&machine->power);
	machine->told = UINT64_MAX;
	tell_deadline(machine);
	pthread_mutex_unlock(&machine->lock);
}

bool machine_interrupts_masked(struct machine *machine)
{
	bool masked;

	pthread_mutex_lock(&machine->lock);
	masked = dev_pic_masked(&machine->pic) && !dev_pic_pending(&machine->pic);
	pthread_mutex_unlock(&machine->lock);
	return masked;
}

bool machine_interrupt_pending(struct machine *machine)
{
	bool pending;

	pthread_mutex_lock(&machine->lock);
	pending = dev_pic_pending(&machine->pic);
	pthread_mutex_unlock(&machine->lock);
	return pending;
}

int machine_acknowledge(struct machine *machine)
{
	int vector = -1;

	pthread_mutex_lock(&machine->lock);
	if (dev_pic_pending(&machine->pic))
		vector = dev_pic_acknowledge(&machine->pic);
	pthread_mutex_unlock(&machine->lock);
	return vector;
}

void machine_screen(struct machine *machine, const struct guest_memory *memory,
		    struct textscreen *screen)
{
	pthread_mutex_lock(&machine->lock);
	textscreen_take(screen, memory, &machine->vga);
	pthread_mutex_unlock(&machine->lock);
}
