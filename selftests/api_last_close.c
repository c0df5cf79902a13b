// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last reference to a VM and its vCPU goes elsewhere than in a close() of the VMM's: with a
 * socket that has them in flight, with the kernel's search for cycles of sockets, and by work that
 * the kernel does in the thread that is in RUN. What is left is told by the module's users.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(halt, 64, "hlt");
GUEST_CODE(spin, 64, "1: jmp 1b");

FIXTURE(last) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	int socket[2];
};

#define last_data	FIXTURE_DATA(last)

FIXTURE_SETUP(last)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &halt);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->socket));
}

/* Each test has given everything away. */
FIXTURE_TEARDOWN(last)
{
	EXPECT_TRUE(guest_runs());
}

static unsigned int users(void)
{
	FILE *from = fopen("/sys/module/xvcpu/refcnt", "re");
	unsigned int nr;

	if (!from || fscanf(from, "%u", &nr) != 1)
		die("refcnt: %s", strerror(errno));
	fclose(from);
	return nr;
}

/* Files are freed behind the system call that closed them, or by a worker. */
static bool comes_to_be_unused(void)
{
	unsigned int tries;

	for (tries = 0; tries < 5000; tries++) {
		if (!users())
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static void send_fd(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	if (sendmsg(socket, &message, 0) != 1)
		die("sendmsg: %s", strerror(errno));
}

static int receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		die("recvmsg: %s", strerror(errno));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

/* The vCPU keeps its VM, and the socket the vCPU. */
static void give_away(last_data *self)
{
	send_fd(self->socket[0], self->vcpu.fd);
	vcpu_unmap(&self->vcpu);
	close(self->vcpu.fd);
	close(self->vm.fd);
	close(self->vm.dev);
}

TEST_F(last, in_flight_over_a_socket_they_live_until_it_is_closed)
{
	give_away(self);
	EXPECT_LT(0, users());
	vcpu_map(&self->vcpu, receive_fd(self->socket[1]), &self->vm.info);
	guest_next(&self->vcpu, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));

	self->vm.fd = -1;
	self->vm.dev = -1;
	give_away(self);
	EXPECT_LT(0, users());
	close(self->socket[0]);
	close(self->socket[1]);
	EXPECT_TRUE(comes_to_be_unused());
}

/* Nobody can reach the sockets any more, but by each other: the kernel looks for such. */
TEST_F(last, in_a_cycle_of_sockets_they_are_found)
{
	int other[2];

	give_away(self);
	send_fd(self->socket[0], self->socket[1]);
	send_fd(self->socket[1], self->socket[0]);
	close(self->socket[0]);
	close(self->socket[1]);
	/* It looks when a socket is closed. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, other));
	close(other[0]);
	close(other[1]);
	EXPECT_TRUE(comes_to_be_unused());
}

/* ---- by a ring of the thread that is in RUN ---- */

struct ring {
	int fd;
	struct io_uring_params params;
	uint8_t *queue;
	struct io_uring_sqe *entries;
};

static bool ring_open(struct ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 4, &ring->params);
	if (ring->fd < 0)
		return false;
	ring->queue = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			   ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			     ring->fd, IORING_OFF_SQES);
	if (ring->queue == MAP_FAILED || ring->entries == MAP_FAILED)
		die("mmap of a ring: %s", strerror(errno));
	return true;
}

static void ring_close(struct ring *ring)
{
	munmap(ring->queue, PAGE_BYTES);
	munmap(ring->entries, PAGE_BYTES);
	close(ring->fd);
}

/* After @ns the thread that calls this closes @fd, wherever it is then. */
static void close_later(struct ring *ring, int fd, long ns)
{
	struct __kernel_timespec later = { .tv_nsec = ns };
	uint32_t *array = (void *)(ring->queue + ring->params.sq_off.array);
	uint32_t *tail = (void *)(ring->queue + ring->params.sq_off.tail);

	memset(ring->entries, 0, 2 * sizeof(*ring->entries));
	ring->entries[0].opcode = IORING_OP_TIMEOUT;
	ring->entries[0].flags = IOSQE_IO_HARDLINK;
	ring->entries[0].addr = (uintptr_t)&later;
	ring->entries[0].len = 1;
	ring->entries[1].opcode = IORING_OP_CLOSE;
	ring->entries[1].fd = fd;
	array[*tail % ring->params.sq_entries] = 0;
	array[(*tail + 1) % ring->params.sq_entries] = 1;
	__atomic_store_n(tail, *tail + 2, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 2, 0, 0, NULL, 0) != 2)
		die("io_uring_enter: %s", strerror(errno));
}

/*
 * A process of one thread takes no reference for a system call. RUN ends for the work, or does it,
 * and the vCPU is there until RUN has come back.
 */
TEST_F(last, a_ring_of_the_thread_in_run_closes_it)
{
	struct ring ring;
	unsigned int i;
	long ret;

	if (!ring_open(&ring)) {
		give_away(self);
		close(self->socket[0]);
		close(self->socket[1]);
		SKIP(return, "no io_uring in this kernel");
	}
	for (i = 0; i < 20; i++) {
		guest_begin(&self->vcpu, MODE_LONG, &spin);
		guest_interruptible(&self->vcpu);
		vcpu_unmap(&self->vcpu);
		close(self->vm.fd);
		close(self->vm.dev);
		close_later(&ring, self->vcpu.fd, 1000000 + i * 100000);
		do {
			ret = vcpu_run(&self->vcpu);
		} while (ret == -EINTR);
		ASSERT_EQ(-EBADF, ret);
		munmap(self->vm.memory, self->vm.size);
		ASSERT_TRUE(comes_to_be_unused());
		vm_open(&self->vm, 0);
		vcpu_open(&self->vcpu, &self->vm, 0);
	}
	ring_close(&ring);
	give_away(self);
	close(self->socket[0]);
	close(self->socket[1]);
	EXPECT_TRUE(comes_to_be_unused());
}

TEST_HARNESS_MAIN
