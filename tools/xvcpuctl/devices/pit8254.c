// SPDX-License-Identifier: GPL-2.0-only
/*
 * 8254 programmable interval timer (Intel 8254 data sheet) and port 0x61. Model and ownership:
 * pit8254.h.
 */
#include <string.h>

#include "pit8254.h"

#define PIT_PORT	0x40
#define PIT_PORTS	4
#define PIT_CONTROL	3		/* offset of the control-word register */
#define PORT61		0x61

#define ACCESS_LATCH	0
#define ACCESS_LOW	1
#define ACCESS_HIGH	2
#define ACCESS_BOTH	3
#define SELECT_READBACK	3

#define READBACK_NO_COUNT	0x20
#define READBACK_NO_STATUS	0x10

#define STATUS_OUT	0x80
#define STATUS_NULL	0x40

#define P61_GATE2	0x01
#define P61_WRITABLE	0x0f		/* gate, speaker, and the two NMI masks */
#define P61_REFRESH	0x10
#define P61_OUT2	0x20
#define REFRESH_COUNT	18

#define NEVER		UINT64_MAX

/* The clock is 105/88 MHz: a twelfth of four times the NTSC colour carrier. */
static u64 clock_ticks(const struct pit8254 *pit)
{
	u64 ns = dev_clock_now(&pit->clock);

	return ns / 88000 * 105 + ns % 88000 * 105 / 88000;
}

/* The first nanosecond of a clock. */
static u64 clock_ns(u64 clock)
{
	return clock / 105 * 88000 + (clock % 105 * 88000 + 104) / 105;
}

static u32 count_modulus(const struct pit_channel *ch)
{
	return ch->bcd ? 10000 : 65536;
}

static bool mode_periodic(const struct pit_channel *ch)
{
	return ch->mode == 2 || ch->mode == 3;
}

/* Modes 1 and 5 count from a rising edge of GATE; in the others GATE is a level. */
static bool mode_triggered(const struct pit_channel *ch)
{
	return ch->mode == 1 || ch->mode == 5;
}

/* Mode 3: clocks of a period with OUT high. An odd count gives that half one more. */
static u32 high_clocks(u32 count)
{
	return (count + 1) / 2;
}

/* A new count of a periodic mode starts with the next period; in mode 3, the next half of one. */
static void take_next_count(struct pit_channel *ch, u64 phase_before)
{
	u64 high = high_clocks(ch->count);
	bool first_half = ch->mode == 3 && phase_before < high;
	u64 boundary = first_half ? high : ch->count;

	if (ch->phase < boundary)
		return;
	ch->phase -= boundary;
	if (first_half)
		ch->phase += high_clocks(ch->next_count);
	ch->count = ch->next_count;
	ch->next_pending = false;
}

/* Bring a channel to the present. */
static void channel_advance(struct pit_channel *ch, u64 now)
{
	u64 before = ch->phase;

	if (!ch->loaded || now < ch->stamp)
		return;
	ch->fresh = false;
	if (mode_triggered(ch) || (ch->gate && !ch->stopped))
		ch->phase += now - ch->stamp;
	ch->stamp = now;
	if (!mode_periodic(ch))
		return;
	if (ch->next_pending)
		take_next_count(ch, before);
	ch->phase %= ch->count;
}

/* The counting element takes a count with the next clock. */
static void channel_load(struct pit_channel *ch, u64 now)
{
	if (ch->next_pending) {
		ch->count = ch->next_count;
		ch->next_pending = false;
		ch->fresh = true;
	}
	ch->loaded = true;
	ch->stopped = false;
	ch->phase = 0;
	ch->stamp = now + 1;
}

/* OUT of a channel that has been brought to the present. */
static bool channel_out(const struct pit_channel *ch, u64 now)
{
	bool counting = ch->loaded && now >= ch->stamp;

	switch (ch->mode) {
	case 0:
		return counting && !ch->stopped && ch->phase >= ch->count;
	case 1:
		return counting ? ch->phase >= ch->count : ch->out_before;
	case 2:
		return !(counting && ch->gate && ch->phase == ch->count - 1);
	case 3:
		return !(counting && ch->gate && ch->phase >= high_clocks(ch->count));
	default:
		return counting ? ch->phase != ch->count : ch->out_before;
	}
}

/* Clocks until a mode 3 channel's OUT rises; a new count may be waiting for the end of a half. */
static u64 square_wave_rise(const struct pit_channel *ch)
{
	u32 high = high_clocks(ch->count), count = ch->count;
	bool first_half = ch->phase < high;
	u64 left = count - ch->phase;

	if (first_half && ch->next_pending) {
		count = ch->next_count;
		left = high - ch->phase + count - high_clocks(count);
	}
	return first_half && count == 1 ? NEVER : left;	/* the low half of 1 has no length */
}

/* Clocks, counted from its stamp, until OUT rises of a channel that has been advanced. */
static u64 channel_rise(const struct pit_channel *ch)
{
	if (!ch->loaded || !ch->gate || ch->stopped)
		return NEVER;
	switch (ch->mode) {
	case 0:
		return ch->phase < ch->count ? ch->count - ch->phase : NEVER;
	case 2:
		/* A count of 1 is forbidden: OUT stays low. */
		if ((ch->next_pending ? ch->next_count : ch->count) == 1)
			return NEVER;
		return ch->count - ch->phase;
	case 3:
		return square_wave_rise(ch);
	case 4:
		return ch->phase <= ch->count ? ch->count + 1 - ch->phase : NEVER;
	default:
		return NEVER;	/* modes 1 and 5 wait for GATE: channel 0's does not move */
	}
}

static u16 to_bcd(u32 value)
{
	return value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12;
}

static u32 from_bcd(u16 value)
{
	return (value & 15) + (value >> 4 & 15) * 10 + (value >> 8 & 15) * 100 +
	       (value >> 12) * 1000;
}

/*
 * Mode 3 counts down by two, twice per period; an odd count is loaded less one, and stays at 0 for
 * one clock more in the high half.
 */
static u32 square_wave_value(const struct pit_channel *ch)
{
	u32 high = high_clocks(ch->count);
	u32 phase = ch->phase < high ? ch->phase : ch->phase - high;

	return (ch->count & ~1u) - 2 * phase;
}

/* What the counting element holds, as the guest reads it. */
static u16 channel_value(const struct pit_channel *ch, u64 now)
{
	u32 modulus = count_modulus(ch);
	u64 value;

	if (!ch->loaded)
		return 0;
	if (now < ch->stamp)
		value = ch->count;
	else if (ch->mode == 3)
		value = square_wave_value(ch);
	else if (ch->mode == 2)
		value = ch->count - ch->phase;
	else
		value = ch->count + modulus - ch->phase % modulus;
	value %= modulus;
	return ch->bcd ? to_bcd(value) : value;
}

static u8 channel_status(const struct pit_channel *ch, u64 now)
{
	bool null = !ch->loaded || ch->next_pending || ch->fresh;

	return (channel_out(ch, now) ? STATUS_OUT : 0) | (null ? STATUS_NULL : 0) |
	       ch->access << 4 | ch->mode << 1 | ch->bcd;
}

static void channel_latch_count(struct pit_channel *ch, u64 now)
{
	if (ch->count_latched)
		return;
	ch->count_latched = true;
	ch->latched_count = channel_value(ch, now);
}

static void channel_latch_status(struct pit_channel *ch, u64 now)
{
	if (ch->status_latched)
		return;
	ch->status_latched = true;
	ch->latched_status = channel_status(ch, now);
}

static void channel_control(struct pit_channel *ch, u8 control)
{
	u8 mode = control >> 1 & 7;

	ch->mode = mode > 5 ? mode - 4 : mode;
	ch->access = control >> 4 & 3;
	ch->bcd = control & 1;
	ch->loaded = false;
	ch->fresh = false;
	ch->stopped = false;
	ch->out_before = true;
	ch->next_pending = false;
	ch->write_high_next = false;
	ch->read_high_next = false;
	ch->count_latched = false;
	ch->status_latched = false;
}

static void channel_count_written(struct pit_channel *ch, u16 value, u64 now)
{
	u32 count = ch->bcd ? from_bcd(value) % 10000 : value;

	ch->next_count = count ? count : count_modulus(ch);
	ch->next_pending = true;
	if (mode_triggered(ch))
		return;				/* waits for GATE */
	if (mode_periodic(ch) && ch->loaded)
		return;				/* waits for the end of the period */
	channel_load(ch, now);
}

static void channel_write(struct pit_channel *ch, u8 byte, u64 now)
{
	switch (ch->access) {
	case ACCESS_LOW:
		channel_count_written(ch, byte, now);
		break;
	case ACCESS_HIGH:
		channel_count_written(ch, byte << 8, now);
		break;
	case ACCESS_BOTH:
		if (ch->write_high_next) {
			channel_count_written(ch, byte << 8 | ch->write_low, now);
		} else {
			ch->write_low = byte;
			ch->stopped = ch->mode == 0;
		}
		ch->write_high_next = !ch->write_high_next;
		break;
	}
}

static u8 channel_read(struct pit_channel *ch, u64 now)
{
	u16 value = ch->count_latched ? ch->latched_count : channel_value(ch, now);
	bool high = ch->access == ACCESS_HIGH;

	if (ch->status_latched) {
		ch->status_latched = false;
		return ch->latched_status;
	}
	if (ch->access == ACCESS_BOTH) {
		high = ch->read_high_next;
		ch->read_high_next = !high;
	}
	if (high || ch->access != ACCESS_BOTH)
		ch->count_latched = false;
	return high ? value >> 8 : value;
}

static void channel_gate(struct pit_channel *ch, bool up, u64 now)
{
	bool rising = up && !ch->gate;

	channel_advance(ch, now);
	ch->gate = up;
	if (!rising)
		return;
	if (mode_triggered(ch) && (ch->loaded || ch->next_pending)) {
		ch->out_before = channel_out(ch, now);
		channel_load(ch, now);
	} else if (mode_periodic(ch) && ch->loaded) {
		channel_load(ch, now);
	}
}

static void pit_read_back(struct pit8254 *pit, u8 command, u64 now)
{
	unsigned int i;

	for (i = 0; i < PIT_CHANNELS; i++) {
		if (!(command & 2 << i))
			continue;
		if (!(command & READBACK_NO_COUNT))
			channel_latch_count(&pit->channels[i], now);
		if (!(command & READBACK_NO_STATUS))
			channel_latch_status(&pit->channels[i], now);
	}
}

static u64 pit_advance(struct pit8254 *pit)
{
	u64 now = clock_ticks(pit);
	unsigned int i;

	for (i = 0; i < PIT_CHANNELS; i++)
		channel_advance(&pit->channels[i], now);
	return now;
}

/* An edge for the interrupt controller, whether or not OUT was seen to be low. */
static void irq_edge(struct pit8254 *pit)
{
	dev_line_set(&pit->irq, false);
	dev_line_set(&pit->irq, true);
}

/* Call it whenever channel 0 may have changed, at a time to which the channels are advanced. */
static void irq_schedule(struct pit8254 *pit)
{
	const struct pit_channel *ch = &pit->channels[0];
	u64 clocks = channel_rise(ch);

	pit->rise = clocks == NEVER ? NEVER : ch->stamp + clocks;
	pit->deadline = NEVER;
	if (pit->rise == NEVER)
		return;
	pit->deadline = clock_ns(pit->rise);
	if (mode_periodic(ch) && pit->deadline < pit->earliest)
		pit->deadline = pit->earliest;
}

static u64 irq_catch_up(struct pit8254 *pit)
{
	u64 now = pit_advance(pit);

	if (now < pit->rise)
		return now;
	irq_edge(pit);
	pit->earliest = dev_clock_now(&pit->clock) + PIT_SHORTEST_NS;
	irq_schedule(pit);
	return now;
}

static void pit_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct pit8254 *pit = dev;
	u64 now = irq_catch_up(pit);

	(void)size;
	if (offset != PIT_CONTROL)	/* the control word cannot be read */
		*value = channel_read(&pit->channels[offset], now);
}

static void pit_register_write(struct pit8254 *pit, u64 offset, u8 value, u64 now)
{
	unsigned int select = value >> 6;

	if (offset != PIT_CONTROL)
		channel_write(&pit->channels[offset], value, now);
	else if (select == SELECT_READBACK)
		pit_read_back(pit, value, now);
	else if ((value >> 4 & 3) == ACCESS_LATCH)
		channel_latch_count(&pit->channels[select], now);
	else
		channel_control(&pit->channels[select], value);
}

static void pit_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct pit8254 *pit = dev;
	u64 now = irq_catch_up(pit);
	bool before = channel_out(&pit->channels[0], now), after;

	(void)size;
	pit_register_write(pit, offset, value, now);
	after = channel_out(&pit->channels[0], now);
	if (after && !before)
		irq_edge(pit);
	else if (!after && !mode_periodic(&pit->channels[0]))
		dev_line_set(&pit->irq, false);
	irq_schedule(pit);
}

/*
 * The refresh bit follows the memory refresh timer's rate whatever channel 1 is programmed to do.
 */
static void port61_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct pit8254 *pit = dev;
	u64 now = pit_advance(pit);

	(void)offset;
	(void)size;
	*value = pit->port61;
	if (now / REFRESH_COUNT & 1)
		*value |= P61_REFRESH;
	if (channel_out(&pit->channels[2], now))
		*value |= P61_OUT2;
}

static void port61_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct pit8254 *pit = dev;

	(void)offset;
	(void)size;
	pit->port61 = value & P61_WRITABLE;
	channel_gate(&pit->channels[2], value & P61_GATE2, clock_ticks(pit));
}

static const struct bus_device pit_device = {
	.name = "8254 PIT", .width = 1, .read = pit_read, .write = pit_write,
};

static const struct bus_device port61_device = {
	.name = "port 0x61", .width = 1, .read = port61_read, .write = port61_write,
};

int dev_pit_init(struct pit8254 *pit, struct bus *ports, const struct dev_clock *clock,
		 const struct dev_line *irq)
{
	int ret;

	memset(pit, 0, sizeof(*pit));
	pit->clock = *clock;
	if (irq)
		pit->irq = *irq;
	pit->channels[0].gate = true;
	pit->channels[1].gate = true;
	channel_control(&pit->channels[0], ACCESS_BOTH << 4 | 3 << 1);
	channel_control(&pit->channels[1], ACCESS_LOW << 4 | 2 << 1);
	channel_control(&pit->channels[2], ACCESS_BOTH << 4 | 3 << 1);
	channel_count_written(&pit->channels[0], 0, clock_ticks(pit));
	channel_count_written(&pit->channels[1], REFRESH_COUNT, clock_ticks(pit));
	irq_edge(pit);
	irq_schedule(pit);

	ret = bus_add(ports, PIT_PORT, PIT_PORTS, &pit_device, pit);
	if (ret)
		return ret;
	return bus_add(ports, PORT61, 1, &port61_device, pit);
}

bool dev_pit_out(struct pit8254 *pit, unsigned int channel)
{
	u64 now = pit_advance(pit);

	return channel_out(&pit->channels[channel], now);
}

u64 dev_pit_deadline(const struct pit8254 *pit)
{
	return pit->deadline;
}

void dev_pit_tick(struct pit8254 *pit)
{
	if (dev_clock_now(&pit->clock) >= pit->deadline)
		irq_catch_up(pit);
}
