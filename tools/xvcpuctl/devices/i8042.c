// SPDX-License-Identifier: GPL-2.0-only
/*
 * i8042 keyboard controller (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and
 * Auxiliary Device Controller" and "Keyboards"). Model and ownership: i8042.h.
 */
#include <string.h>

#include "i8042.h"

#define PORT_DATA		0x60
#define PORT_COMMAND		0x64

#define STATUS_OUTPUT_FULL	0x01
#define STATUS_SYSTEM		0x04	/* self-test passed: bit 2 of the command byte */
#define STATUS_COMMAND		0x08	/* the last write went to 0x64 */
#define STATUS_NOT_INHIBITED	0x10

#define BYTE_KEYBOARD_IRQ	0x01
#define BYTE_SYSTEM		0x04
#define BYTE_KEYBOARD_OFF	0x10
#define BYTE_AUX_OFF		0x20
#define BYTE_TRANSLATE		0x40

#define OUTPUT_NO_RESET		0x01
#define OUTPUT_A20		0x02
#define INPUT_UNLOCKED		0x80

#define CMD_READ_RAM		0x20	/* to 0x3f */
#define CMD_WRITE_RAM		0x60	/* to 0x7f */
#define CMD_AUX_DISABLE		0xa7
#define CMD_AUX_ENABLE		0xa8
#define CMD_AUX_TEST		0xa9
#define CMD_SELF_TEST		0xaa
#define CMD_KEYBOARD_TEST	0xab
#define CMD_KEYBOARD_DISABLE	0xad
#define CMD_KEYBOARD_ENABLE	0xae
#define CMD_READ_INPUT		0xc0
#define CMD_READ_OUTPUT		0xd0
#define CMD_WRITE_OUTPUT	0xd1
#define CMD_ECHO_KEYBOARD	0xd2
#define CMD_ECHO_AUX		0xd3
#define CMD_WRITE_AUX		0xd4
#define CMD_READ_TEST		0xe0
#define CMD_PULSE		0xf0	/* to 0xff: the low bits that are 0 are pulsed */

#define REPLY_SELF_TEST		0x55
#define REPLY_TEST_GOOD		0x00
#define REPLY_TEST_NO_AUX	0x01	/* "clock line stuck low" */

#define KBD_SET_LEDS		0xed
#define KBD_ECHO		0xee
#define KBD_SCANCODE_SET	0xf0
#define KBD_IDENTIFY		0xf2
#define KBD_SET_RATE		0xf3
#define KBD_ENABLE		0xf4
#define KBD_DISABLE		0xf5
#define KBD_DEFAULTS		0xf6
#define KBD_RESEND		0xfe
#define KBD_RESET		0xff

#define KBD_ACK			0xfa
#define KBD_SELF_TEST_GOOD	0xaa
#define KBD_ID_1		0xab
#define KBD_ID_2		0x83
#define KBD_ID_2_TRANSLATED	0x41

static u8 command_byte(const struct i8042 *dev)
{
	return dev->ram[0];
}

static bool keyboard_may_send(const struct i8042 *dev)
{
	return dev->queue_count && !(command_byte(dev) & BYTE_KEYBOARD_OFF);
}

/* Move the next byte, if any, into the output buffer, and let the interrupt follow the buffer. */
static void update(struct i8042 *dev)
{
	bool full;

	if (!(dev->status & STATUS_OUTPUT_FULL)) {
		if (dev->reply_pending) {
			dev->output = dev->reply;
			dev->reply_pending = false;
			dev->status |= STATUS_OUTPUT_FULL;
		} else if (keyboard_may_send(dev)) {
			dev->output = dev->queue[dev->queue_start];
			dev->queue_start = (dev->queue_start + 1) % I8042_QUEUE;
			dev->queue_count--;
			dev->status |= STATUS_OUTPUT_FULL;
		}
	}
	full = dev->status & STATUS_OUTPUT_FULL;
	dev_line_set(&dev->irq, full && (command_byte(dev) & BYTE_KEYBOARD_IRQ));
}

static void controller_reply(struct i8042 *dev, u8 byte)
{
	dev->reply = byte;
	dev->reply_pending = true;
}

/* A byte from the keyboard to the guest. One that does not fit is lost, as in a real keyboard. */
static void keyboard_send(struct i8042 *dev, u8 byte)
{
	if (dev->queue_count == I8042_QUEUE)
		return;
	dev->queue[(dev->queue_start + dev->queue_count) % I8042_QUEUE] = byte;
	dev->queue_count++;
	dev->last_sent = byte;
}

static void keyboard_defaults(struct i8042 *dev, bool scanning)
{
	dev->queue_count = 0;
	dev->scanning = scanning;
}

static void keyboard_identify(struct i8042 *dev)
{
	keyboard_send(dev, KBD_ACK);
	keyboard_send(dev, KBD_ID_1);
	keyboard_send(dev, command_byte(dev) & BYTE_TRANSLATE ? KBD_ID_2_TRANSLATED : KBD_ID_2);
}

/* The byte that a keyboard command takes; LEDs and repeat rate have nothing to act on here. */
static void keyboard_data(struct i8042 *dev, u8 byte)
{
	u8 command = dev->keyboard_awaiting;

	dev->keyboard_awaiting = 0;
	keyboard_send(dev, KBD_ACK);
	if (command == KBD_SCANCODE_SET && !byte)	/* 0 asks which set is in use */
		keyboard_send(dev, command_byte(dev) & BYTE_TRANSLATE ? 0x41 : 0x02);
}

static void keyboard_command(struct i8042 *dev, u8 command)
{
	switch (command) {
	case KBD_SET_LEDS:
	case KBD_SCANCODE_SET:
	case KBD_SET_RATE:
		dev->keyboard_awaiting = command;
		keyboard_send(dev, KBD_ACK);
		break;
	case KBD_ECHO:
		keyboard_send(dev, KBD_ECHO);
		break;
	case KBD_IDENTIFY:
		keyboard_identify(dev);
		break;
	case KBD_ENABLE:
	case KBD_DEFAULTS:
		keyboard_defaults(dev, true);
		keyboard_send(dev, KBD_ACK);
		break;
	case KBD_DISABLE:
		keyboard_defaults(dev, false);
		keyboard_send(dev, KBD_ACK);
		break;
	case KBD_RESET:
		keyboard_defaults(dev, true);
		keyboard_send(dev, KBD_ACK);
		keyboard_send(dev, KBD_SELF_TEST_GOOD);
		break;
	case KBD_RESEND:
		keyboard_send(dev, dev->last_sent);
		break;
	default:
		keyboard_send(dev, KBD_RESEND);
		break;
	}
}

/* Commands end what was awaited: a keyboard reads 0xed and up as a new command, not as data. */
static void keyboard_write(struct i8042 *dev, u8 byte)
{
	dev->ram[0] &= ~BYTE_KEYBOARD_OFF;
	if (dev->keyboard_awaiting && byte < KBD_SET_LEDS) {
		keyboard_data(dev, byte);
		return;
	}
	dev->keyboard_awaiting = 0;
	keyboard_command(dev, byte);
}

static void write_output_port(struct i8042 *dev, u8 value)
{
	dev->output_port = value | OUTPUT_NO_RESET | OUTPUT_A20;
	if (!(value & OUTPUT_NO_RESET))
		dev->io.reset(dev->io.ctx);
}

static void controller_data(struct i8042 *dev, u8 byte)
{
	u8 command = dev->awaiting;

	dev->awaiting = 0;
	switch (command) {
	case CMD_WRITE_OUTPUT:
		write_output_port(dev, byte);
		break;
	case CMD_ECHO_KEYBOARD:
	case CMD_ECHO_AUX:	/* without a second port it comes back as if from the keyboard */
		controller_reply(dev, byte);
		break;
	case CMD_WRITE_AUX:	/* nobody answers */
		break;
	default:
		dev->ram[command - CMD_WRITE_RAM] = byte;
		dev->ram[0] |= BYTE_AUX_OFF;	/* there is no second port to turn on */
		break;
	}
}

static bool command_takes_data(u8 command)
{
	return (command >= CMD_WRITE_RAM && command < CMD_WRITE_RAM + 32) ||
	       (command >= CMD_WRITE_OUTPUT && command <= CMD_WRITE_AUX);
}

static void controller_command(struct i8042 *dev, u8 command)
{
	dev->awaiting = command_takes_data(command) ? command : 0;
	switch (command) {
	case CMD_READ_RAM ... CMD_READ_RAM + 31:
		controller_reply(dev, dev->ram[command - CMD_READ_RAM]);
		break;
	case CMD_AUX_DISABLE:
	case CMD_AUX_ENABLE:		/* there is no second port: it stays off */
		break;
	case CMD_AUX_TEST:
		controller_reply(dev, REPLY_TEST_NO_AUX);
		break;
	case CMD_SELF_TEST:
		dev->ram[0] |= BYTE_SYSTEM;
		controller_reply(dev, REPLY_SELF_TEST);
		break;
	case CMD_KEYBOARD_TEST:
		controller_reply(dev, REPLY_TEST_GOOD);
		break;
	case CMD_KEYBOARD_DISABLE:
		dev->ram[0] |= BYTE_KEYBOARD_OFF;
		break;
	case CMD_KEYBOARD_ENABLE:
		dev->ram[0] &= ~BYTE_KEYBOARD_OFF;
		break;
	case CMD_READ_INPUT:
		controller_reply(dev, INPUT_UNLOCKED);
		break;
	case CMD_READ_OUTPUT:
		controller_reply(dev, dev->output_port);
		break;
	case CMD_READ_TEST:
		controller_reply(dev, 0);
		break;
	case CMD_PULSE ... 0xff:
		if (!(command & OUTPUT_NO_RESET))
			dev->io.reset(dev->io.ctx);
		break;
	default:
		break;
	}
}

static void data_read(void *opaque, u64 offset, unsigned int size, u64 *value)
{
	struct i8042 *dev = opaque;

	(void)offset;
	(void)size;
	*value = dev->output;
	if (!(dev->status & STATUS_OUTPUT_FULL))
		return;
	/* The line drops between two bytes, so that an edge-triggered interrupt sees each. */
	dev->status &= ~STATUS_OUTPUT_FULL;
	dev_line_set(&dev->irq, false);
	update(dev);
}

static void data_write(void *opaque, u64 offset, unsigned int size, u64 value)
{
	struct i8042 *dev = opaque;

	(void)offset;
	(void)size;
	dev->status &= ~STATUS_COMMAND;
	if (dev->awaiting)
		controller_data(dev, value);
	else
		keyboard_write(dev, value);
	update(dev);
}

static void status_read(void *opaque, u64 offset, unsigned int size, u64 *value)
{
	const struct i8042 *dev = opaque;

	(void)offset;
	(void)size;
	*value = dev->status | STATUS_NOT_INHIBITED |
		 (command_byte(dev) & BYTE_SYSTEM ? STATUS_SYSTEM : 0);
}

static void command_write(void *opaque, u64 offset, unsigned int size, u64 value)
{
	struct i8042 *dev = opaque;

	(void)offset;
	(void)size;
	dev->status |= STATUS_COMMAND;
	controller_command(dev, value);
	update(dev);
}

static const struct bus_device data_device = {
	.name = "i8042 data", .width = 1, .read = data_read, .write = data_write,
};

static const struct bus_device command_device = {
	.name = "i8042 command", .width = 1, .read = status_read, .write = command_write,
};

int dev_i8042_init(struct i8042 *dev, struct bus *ports, const struct i8042_io *io,
		   const struct dev_line *irq)
{
	int ret;

	memset(dev, 0, sizeof(*dev));
	dev->io = *io;
	if (irq)
		dev->irq = *irq;
	dev->ram[0] = BYTE_KEYBOARD_IRQ | BYTE_SYSTEM | BYTE_AUX_OFF | BYTE_TRANSLATE;
	dev->output_port = OUTPUT_NO_RESET | OUTPUT_A20;
	dev->scanning = true;

	ret = bus_add(ports, PORT_DATA, 1, &data_device, dev);
	if (ret)
		return ret;
	return bus_add(ports, PORT_COMMAND, 1, &command_device, dev);
}

bool dev_i8042_push_scancodes(struct i8042 *dev, const u8 *codes, unsigned int count)
{
	unsigned int i;

	if (!dev->scanning)
		return true;
	if (count > I8042_QUEUE - dev->queue_count)
		return false;
	for (i = 0; i < count; i++)
		keyboard_send(dev, codes[i]);
	update(dev);
	return true;
}
