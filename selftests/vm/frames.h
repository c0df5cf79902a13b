/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the machine speaks to the host: frames, written byte by byte to I/O port 0xe9.
 *
 * Both emulators pass that port's bytes on to their standard output, where Bochs also prints
 * messages of its own. So everything travels in frames; whatever lies between two frames is the
 * emulator's. What COMMAND prints is always a payload, hence cannot end the run or forge a status.
 *
 *   magic[4]  type  sequence  length (16 bit, little endian)  sum (16 bit)  payload[length]
 */
#ifndef XVCPU_VM_FRAMES_H
#define XVCPU_VM_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAGIC	"\x16XV\x02"
#define FRAME_MAGIC_LEN	4
#define FRAME_PAYLOAD	4096
#define FRAME_PORT	0xe9

enum frame_type {
	FRAME_HELLO = 'h',	/* init runs; a second one means that the machine was reset */
	FRAME_STDOUT = 'o',	/* bytes that COMMAND wrote */
	FRAME_STDERR = 'e',
	FRAME_BOOT_KMSG = 'b',	/* one line of the kernel's log, before the marker */
	FRAME_KMSG = 'k',	/* one line of the kernel's log, after the marker */
	FRAME_LEAK = 'l',	/* text of /sys/kernel/debug/kmemleak */
	FRAME_FACT = 'f',	/* "name value" */
	FRAME_END = 'z',	/* nothing follows */
};

struct frame_header {
	uint8_t magic[FRAME_MAGIC_LEN];
	uint8_t type;
	uint8_t sequence;
	uint8_t length[2];
	uint8_t sum[2];
};

/* Fletcher's checksum, over type, sequence and length, then the payload. */
static inline uint16_t frame_sum(const struct frame_header *head, const uint8_t *payload,
				 size_t length)
{
	unsigned int a = 1, b = 0;
	size_t i;

	for (i = offsetof(struct frame_header, type); i < offsetof(struct frame_header, sum); i++) {
		a = (a + ((const uint8_t *)head)[i]) % 255;
		b = (b + a) % 255;
	}
	for (i = 0; i < length; i++) {
		a = (a + payload[i]) % 255;
		b = (b + a) % 255;
	}
	return b << 8 | a;
}

#endif
