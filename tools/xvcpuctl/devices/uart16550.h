/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 16550A UART, as at COM1.
 *
 * The transmitter is always ready: a byte written is handed to @output at once. Received bytes wait
 * in the FIFO until the guest reads them. A character-time-out interrupt comes at once instead of
 * after four character times, so that the device needs no timer. Baud rate and framing are stored
 * only.
 *
 * The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_UART16550_H
#define XVCPUCTL_DEVICES_UART16550_H

#include "../bus.h"
#include "line.h"

#define UART_COM1	0x3f8
#define UART_COM2	0x2f8
#define UART_COM1_IRQ	4
#define UART_COM2_IRQ	3

#define UART_FIFO_SIZE	16

/**
 * struct uart_io - what the UART is connected to
 * @output:     a byte that the guest sent; NULL: dropped
 * @input_room: the receiver has just become able to take more; NULL: nobody waits for that
 * @ctx:        first argument to both
 */
struct uart_io {
	void (*output)(void *ctx, u8 byte);
	void (*input_room)(void *ctx);
	void *ctx;
};

/** struct uart16550 - private to uart16550.c */
struct uart16550 {
	struct uart_io io;
	struct dev_line irq;
	u8 ier, fcr, lcr, mcr, scr;
	u8 lsr_errors;		/* LSR bits that stay until LSR is read */
	u8 msr_deltas;		/* MSR bits 3:0 */
	u8 dll, dlm;
	bool mcr_written;	/* the guest knows of modem control */
	bool polled;		/* it has looked at LSR */
	bool thre_pending;	/* THR-empty interrupt not yet acknowledged */
	u8 fifo[UART_FIFO_SIZE];
	unsigned int fifo_start, fifo_count;
};

/**
 * dev_uart_init() - put the UART into its state after reset and on the bus
 * @uart:  the device
 * @ports: port bus; 8 ports are claimed
 * @base:  first port
 * @io:    copied
 * @irq:   interrupt line, copied; NULL: not connected
 *
 * Return: 0, or as bus_add().
 */
int dev_uart_init(struct uart16550 *uart, struct bus *ports, u16 base, const struct uart_io *io,
		  const struct dev_line *irq);

/**
 * dev_uart_input_room() - bytes that dev_uart_push_input() would take now
 *
 * The other end of the line sends when the guest is ready: while it asserts RTS or, if it has never
 * written MCR, from its first look at LSR on. What came earlier, a driver that sets the UART up
 * would throw away.
 */
unsigned int dev_uart_input_room(const struct uart16550 *uart);

/**
 * dev_uart_push_input() - bytes arrive on the line
 *
 * Return: how many were taken; the rest must be offered again after the guest has read
 * (&uart_io.input_room). Nothing is ever lost to an overrun.
 */
unsigned int dev_uart_push_input(struct uart16550 *uart, const u8 *bytes, unsigned int count);

#endif /* XVCPUCTL_DEVICES_UART16550_H */
