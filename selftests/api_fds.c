// SPDX-License-Identifier: GPL-2.0-only
/*
 * File descriptors: which ioctl works on which, life times in every order of closing, ids, limits,
 * and who may use them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(halt, 16, "hlt");

FIXTURE(fds) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(fds)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
}

FIXTURE_TEARDOWN(fds)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* Every number of ours on every kind of fd: only the known ones are known. */
TEST_F(fds, numbers_of_another_fd_are_enotty)
{
	static const unsigned char known[3][16] = {
		{ 0x00, 0x01, 0x02, 0x03 },
		{ 0x00, 0x20, 0x21, 0x22 },
		{ 0x00, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
		  0x48, 0x49, 0x4a, 0x4b, 0x4c },
	};
	int fds[3] = { self->vm.dev, self->vm.fd, self->vcpu.fd };
	unsigned int i, nr;

	for (i = 0; i < 3; i++) {
		for (nr = 0; nr < 256; nr++) {
			bool mine = nr == 0 || memchr(known[i] + 1, nr, 15);
			long ret;

			if (mine)
				continue;
			ret = call(fds[i], _IO(XVCPU_IOC_TYPE, nr), NULL);
			EXPECT_EQ(-ENOTTY, ret) {
				TH_LOG("number %#x on fd %u", nr, i);
			}
		}
	}
}

/* The numbers carry no size and no direction: the same number with them is another ioctl. */
TEST_F(fds, numbers_with_size_or_direction_are_enotty)
{
	struct xvcpu_info info = { .size = sizeof(info) };

	EXPECT_EQ(-ENOTTY, call(self->vm.dev, _IOR(XVCPU_IOC_TYPE, 0, struct xvcpu_info), &info));
	EXPECT_EQ(-ENOTTY, call(self->vm.dev, _IOW(XVCPU_IOC_TYPE, 0, struct xvcpu_info), &info));
	EXPECT_EQ(-ENOTTY, call(self->vm.dev, _IO(XVCPU_IOC_TYPE + 1, 0), &info));
	EXPECT_EQ(-ENOTTY, call(self->vm.dev, _IO(0, 0), &info));
}

TEST_F(fds, reading_and_writing_are_not_offered)
{
	int fds[3] = { self->vm.dev, self->vm.fd, self->vcpu.fd };
	char byte = 0;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, read(fds[i], &byte, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, write(fds[i], &byte, 1));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, self->vm.dev, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, self->vm.fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(fds, new_descriptors_close_on_exec)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->vm.fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->vcpu.fd, F_GETFD));
}

TEST_F(fds, a_vm_cannot_be_made_through_a_path_descriptor)
{
	struct xvcpu_info info = { .size = sizeof(info) };
	int path = open("/dev/xvcpu", O_PATH);

	ASSERT_LE(0, path);
	EXPECT_EQ(-EBADF, call(path, XVCPU_GET_INFO, &info));
	close(path);
}

TEST(the_device_is_closed_to_others)
{
	struct stat status;

	ASSERT_EQ(0, stat("/dev/xvcpu", &status));
	EXPECT_TRUE(S_ISCHR(status.st_mode));
	EXPECT_EQ(0660, status.st_mode & 0777);
	if (!fork()) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(open("/dev/xvcpu", O_RDWR) < 0 && errno == EACCES ? 0 : 1);
	}
	int result;

	wait(&result);
	EXPECT_EQ(0, result);
}

/* ---- life times ---- */

static bool runs(struct test_vcpu *vcpu)
{
	guest_begin(vcpu, MODE_REAL, &halt);
	return guest_run(vcpu) == NO_TRAP;
}

TEST_F(fds, a_vcpu_keeps_its_vm)
{
	close(self->vm.dev);
	close(self->vm.fd);
	EXPECT_TRUE(runs(&self->vcpu));
	self->vm.dev = dev_open();
	self->vm.fd = create_vm(self->vm.dev, 0);
}

TEST_F(fds, the_run_area_outlives_the_descriptor)
{
	volatile struct xvcpu_run_request *request = self->vcpu.request;
	uint64_t entries;

	ASSERT_TRUE(runs(&self->vcpu));
	entries = vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES);
	EXPECT_LT(0, entries);
	close(self->vcpu.fd);
	close(self->vm.fd);
	request->immediate_exit = 1;
	EXPECT_EQ(1, request->immediate_exit);
	EXPECT_EQ(XVCPU_EXIT_HLT, self->vcpu.exit->reason);
	EXPECT_EQ(entries, vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES));
	self->vm.fd = create_vm(self->vm.dev, 0);
	self->vcpu.fd = create_vcpu(self->vm.fd, 0, 0);
}

TEST_F(fds, a_duplicate_is_the_same_vcpu)
{
	struct test_vcpu copy = self->vcpu;

	copy.fd = dup(self->vcpu.fd);
	close(self->vcpu.fd);
	EXPECT_TRUE(runs(&copy));
	self->vcpu.fd = copy.fd;
}

TEST_F(fds, ids_are_taken_once_and_come_back_after_close)
{
	struct xvcpu_create_vcpu args = { .size = sizeof(args), .id = 0, .apic_id = 9 };
	int fd;

	EXPECT_EQ(-EEXIST, call(self->vm.fd, XVCPU_CREATE_VCPU, &args));
	EXPECT_EQ(XVCPU_ERR_EXISTS, args.error.code);
	EXPECT_EQ(offsetof(struct xvcpu_create_vcpu, id), args.error.field);
	EXPECT_EQ(0, args.error.value);

	args = (struct xvcpu_create_vcpu) { .size = sizeof(args), .id = 1, .apic_id = 0 };
	EXPECT_EQ(-EEXIST, call(self->vm.fd, XVCPU_CREATE_VCPU, &args));
	EXPECT_EQ(XVCPU_ERR_EXISTS, args.error.code);
	EXPECT_EQ(offsetof(struct xvcpu_create_vcpu, apic_id), args.error.field);

	fd = create_vcpu(self->vm.fd, 1, 254);
	EXPECT_LE(0, fd);
	EXPECT_EQ(-EEXIST, create_vcpu(self->vm.fd, 1, 3));
	EXPECT_EQ(-EEXIST, create_vcpu(self->vm.fd, 3, 254));
	close(fd);
	fd = create_vcpu(self->vm.fd, 1, 254);
	EXPECT_LE(0, fd);
	close(fd);
}

/* A mapping holds the file, and the file holds the id. */
TEST_F(fds, an_id_comes_back_when_the_last_mapping_is_gone)
{
	int again;

	close(self->vcpu.fd);
	EXPECT_EQ(-EEXIST, create_vcpu(self->vm.fd, 0, 0));
	vcpu_unmap(&self->vcpu);
	again = create_vcpu(self->vm.fd, 0, 0);
	ASSERT_LE(0, again);
	vcpu_map(&self->vcpu, again, &self->vm.info);
	EXPECT_TRUE(runs(&self->vcpu));
}

TEST_F(fds, ids_out_of_range_are_named)
{
	struct xvcpu_create_vcpu args = { .size = sizeof(args), .id = self->vm.info.max_vcpus };

	EXPECT_EQ(-EINVAL, call(self->vm.fd, XVCPU_CREATE_VCPU, &args));
	EXPECT_EQ(XVCPU_ERR_RANGE, args.error.code);
	EXPECT_EQ(offsetof(struct xvcpu_create_vcpu, id), args.error.field);
	EXPECT_EQ(self->vm.info.max_vcpus - 1, args.error.expected);
	args = (struct xvcpu_create_vcpu) { .size = sizeof(args), .id = ~0u };
	EXPECT_EQ(-EINVAL, call(self->vm.fd, XVCPU_CREATE_VCPU, &args));
	args = (struct xvcpu_create_vcpu) { .size = sizeof(args), .id = 1, .apic_id = 255 };
	EXPECT_EQ(-EINVAL, call(self->vm.fd, XVCPU_CREATE_VCPU, &args));
	EXPECT_EQ(offsetof(struct xvcpu_create_vcpu, apic_id), args.error.field);
	EXPECT_EQ(254, args.error.expected);
}

TEST_F(fds, as_many_vcpus_as_get_info_says)
{
	uint32_t max = self->vm.info.max_vcpus, i;
	int fd[1024];

	ASSERT_LE(max, 1024);
	for (i = 1; i < max; i++) {
		fd[i] = create_vcpu(self->vm.fd, i, i);
		ASSERT_LE(0, fd[i]);
	}
	EXPECT_EQ(-EINVAL, create_vcpu(self->vm.fd, max, 254));
	for (i = 1; i < max; i++)
		close(fd[i]);
}

/* ---- limits ---- */

TEST_F(fds, no_descriptor_left_is_emfile_and_leaks_nothing)
{
	struct rlimit limit, none;
	int next;

	next = dup(0);
	close(next);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, create_vm(self->vm.dev, 0));
	EXPECT_EQ(-EMFILE, create_vcpu(self->vm.fd, 1, 1));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	/* The refused call has not taken the id. */
	next = create_vcpu(self->vm.fd, 1, 1);
	EXPECT_LE(0, next);
	close(next);
}

static unsigned int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

TEST_F(fds, refused_calls_leave_no_descriptor)
{
	unsigned int before = open_descriptors();

	create_vm(self->vm.dev, ~0u);
	create_vcpu(self->vm.fd, ~0u, 0);
	create_vcpu(self->vm.fd, 0, 0);
	create_vcpu(self->vm.fd, 1, 0);
	EXPECT_EQ(before, open_descriptors());
}

TEST(many_vms_at_once)
{
	int dev = dev_open(), vm[50], vcpu[50];
	unsigned int i;

	for (i = 0; i < 50; i++) {
		vm[i] = create_vm(dev, 0);
		ASSERT_LE(0, vm[i]);
		vcpu[i] = create_vcpu(vm[i], 0, 0);
		ASSERT_LE(0, vcpu[i]);
	}
	for (i = 0; i < 50; i++)
		close(i & 1 ? vm[i] : vcpu[i]);
	for (i = 0; i < 50; i++)
		close(i & 1 ? vcpu[i] : vm[i]);
}

/* ---- other processes ---- */

static int child_status(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define IN_CHILD(statement) ({				\
	pid_t __child = fork();				\
							\
	if (!__child)					\
		_exit(!(statement));			\
	child_status(__child);				\
})

TEST_F(fds, run_and_memory_need_the_address_space_of_the_vm)
{
	struct test_vm *vm = &self->vm;

	ASSERT_TRUE(runs(&self->vcpu));
	EXPECT_EQ(0, IN_CHILD(vcpu_run(&self->vcpu) == -EIO));
	EXPECT_EQ(0, IN_CHILD(vm_slot(vm, 1, GIB(1), PAGE_BYTES, vm->memory, 0) == -EIO));
	EXPECT_EQ(0, IN_CHILD(vm_slot(vm, 0, 0, 0, NULL, 0) == -EIO));
	/* Nothing of that has changed anything here. */
	EXPECT_TRUE(runs(&self->vcpu));
}

TEST_F(fds, everything_else_works_from_any_holder)
{
	struct xvcpu_regs regs;
	struct xvcpu_info info;

	self->vcpu.request->sync = ALL_SYNCED;
	EXPECT_EQ(0, IN_CHILD(!vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs))));
	EXPECT_EQ(0, IN_CHILD(!vcpu_reset(&self->vcpu)));
	EXPECT_EQ(0, IN_CHILD(!vcpu_kick(&self->vcpu)));
	EXPECT_EQ(0, IN_CHILD((get_info(self->vcpu.fd, &info), info.abi_version)));
	EXPECT_EQ(0, IN_CHILD(create_vcpu(self->vm.fd, 5, 5) >= 0));
	/* The child's kick is ours to see. */
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
}

TEST_F(fds, a_set_from_another_process_counts)
{
	struct xvcpu_regs regs;

	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	regs.r12 = 0x1122334455667788;
	EXPECT_EQ(0, IN_CHILD(!vcpu_set(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs))));
	regs.r12 = 0;
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(0x1122334455667788, regs.r12);
}

static void send_fd(int socket, int fd)
{
	char data = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &data, 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		die("sendmsg");
}

static int receive_fd(int socket)
{
	char data, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &data, 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(socket, &message, 0) == 1)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* A process that never opened the device and was handed a vCPU: it finds the run area by itself. */
TEST_F(fds, a_vcpu_can_be_passed_over_a_socket)
{
	struct test_vcpu theirs = { .vm = &self->vm };
	struct xvcpu_info info;
	int pair[2];
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_TRUE(runs(&self->vcpu));
	child = fork();
	if (!child) {
		close(self->vcpu.fd);
		theirs.fd = receive_fd(pair[1]);
		get_info(theirs.fd, &info);
		vcpu_map(&theirs, theirs.fd, &info);
		_exit(!(vcpu_counter(&theirs, XVCPU_COUNT_ENTRIES) > 0 && !vcpu_kick(&theirs) &&
			vcpu_run(&theirs) == -EIO));
	}
	send_fd(pair[0], self->vcpu.fd);
	EXPECT_EQ(0, child_status(child));
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
}

/* The creator is gone, and its memory with it; what it left in our hands does no harm. */
TEST(a_vm_whose_creator_has_died_cannot_run)
{
	struct test_vm vm = { 0 };
	struct test_vcpu vcpu = { .vm = &vm };
	struct xvcpu_regs regs;
	int pair[2];
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = fork();
	if (!child) {
		vm_open(&vm, 0);
		vcpu_open(&vcpu, &vm, 0);
		send_fd(pair[1], vcpu.fd);
		_exit(!runs(&vcpu));
	}
	vcpu.fd = receive_fd(pair[0]);
	ASSERT_EQ(0, child_status(child));
	get_info(vcpu.fd, &vm.info);
	vcpu_map(&vcpu, vcpu.fd, &vm.info);
	EXPECT_EQ(-EIO, vcpu_run(&vcpu));
	EXPECT_EQ(0, vcpu_get(&vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(GUEST_CODE_AT + 1, regs.rip);
	vcpu_close(&vcpu);
}

/* ---- the module ---- */

TEST_F(fds, the_module_cannot_be_unloaded_while_in_use)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "xvcpu", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	close(self->vm.dev);
	close(self->vm.fd);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "xvcpu", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_TRUE(runs(&self->vcpu));
	self->vm.dev = dev_open();
	self->vm.fd = create_vm(self->vm.dev, 0);
}

TEST_HARNESS_MAIN
