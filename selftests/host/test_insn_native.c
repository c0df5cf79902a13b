// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/insn.c against the processor that the test runs on: random 64-bit instructions are executed,
 * and what they did to registers and memory is compared with what the decoder's functions say.
 *
 * Registers are chosen so that the access falls into a buffer between two inaccessible pages, often
 * at its very end, so that an access wider than the decoder thinks faults. Left out: FS and GS,
 * whose bases belong to the C library, and RSP, which the stub needs to come back.
 */
#include <cpuid.h>
#include <linux/kernel.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "insn.h"
#include "native_run.h"
#include "tap.h"

#define CASES		400000
#define PAGE		4096
#define RFLAGS_DF	0x400
#define MAX_COUNT	5

static u64 random_state = 1;

static u64 random64(void)
{
	u64 z = (random_state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* code, inaccessible page, data, inaccessible page; all below 2 GiB, for 32-bit addresses */
static u8 *code, *data;
static u8 bytes[32];
static bool absolute_offset;		/* they are MOV A0-A3 */

static void print_case(const char *what)
{
	struct mmio_insn insn;
	unsigned int i;

	if (mmio_insn_decode(&insn, MMIO_MODE_64, bytes, sizeof(bytes)))
		return;
	printf("# %s:", what);
	for (i = 0; i < insn.length; i++)
		printf(" %02x", bytes[i]);
	putchar('\n');
}

static void on_fault(int sig)
{
	(void)sig;
	print_case("the processor faulted");
	printf("not ok 1 processor_does_what_the_decoder_says\n");
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static bool map_memory(void)
{
	static u8 stack[64 * 1024];
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };

	code = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (code == MAP_FAILED)
		return false;
	data = code + 2 * PAGE;
	sigaltstack(&alternative, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	return !mprotect(data, PAGE, PROT_READ | PROT_WRITE) &&
	       !mprotect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static bool is_intel(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return ebx == signature_INTEL_ebx && ecx == signature_INTEL_ecx &&
	       edx == signature_INTEL_edx;
}

static void random_bytes(void)
{
	static const u8 prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x66, 0x67, 0xf2, 0xf3 };
	static const u8 opcodes[] = { 0x63, 0x88, 0x89, 0x8a, 0x8b, 0xa0, 0xa1, 0xa2, 0xa3, 0xaa,
				      0xab, 0xc6, 0xc7 };
	static const u8 opcodes_0f[] = { 0xb6, 0xb7, 0xbe, 0xbf };
	unsigned int i, pos = 0, nr = random64() % 4;

	while (nr--)
		bytes[pos++] = prefixes[random64() % sizeof(prefixes)];
	if (random64() % 4)
		bytes[pos++] = 0x40 | random64() % 16;
	if (random64() % 4) {
		bytes[pos++] = opcodes[random64() % sizeof(opcodes)];
	} else {
		bytes[pos++] = 0x0f;
		bytes[pos++] = opcodes_0f[random64() % sizeof(opcodes_0f)];
	}
	absolute_offset = (bytes[pos - 1] & 0xfc) == 0xa0;
	for (i = pos; i < sizeof(bytes); i++)
		bytes[i] = random64();
	if (bytes[pos - 1] == 0xc6 || bytes[pos - 1] == 0xc7)
		bytes[pos] &= 0xc7;
}

static bool can_execute(const struct mmio_insn *insn)
{
	if (insn->reg == MMIO_REG_RSP || insn->base == MMIO_REG_RSP)
		return false;
	if (insn->base != MMIO_REG_NONE && insn->base == insn->index)
		return false;
	/* MOVSXD with a 16-bit operand: other vendors' processors read 32 bits. */
	if (insn->kind == MMIO_INSN_MOVSX && insn->mem_size == 2 && insn->dst_size == 2)
		return is_intel();
	return true;
}

/* Where the access is to be: anywhere in the buffer, or at its end, with room for a repetition. */
static u64 choose_target(const struct mmio_insn *insn)
{
	u64 room = insn->rep ? MAX_COUNT * insn->mem_size : insn->mem_size;

	if (insn->kind != MMIO_INSN_STOS && random64() % 4 == 0)
		return (u64)data + PAGE - insn->mem_size;
	return (u64)data + room + random64() % (PAGE - 2 * room);
}

static unsigned int immediate_size(const struct mmio_insn *insn)
{
	if (insn->kind != MMIO_INSN_MOV_STORE_IMM)
		return 0;
	return insn->mem_size < 4 ? insn->mem_size : 4;
}

/* Makes the instruction access @target, through the base register or the displacement. */
static void aim(struct mmio_insn *insn, u64 regs[MMIO_REGS], u64 target)
{
	unsigned int disp_size = absolute_offset ? insn->addr_size : 4;
	u64 disp;

	if (insn->base < MMIO_REGS) {
		regs[insn->base] += target - mmio_effective_address(insn, regs, 0);
		return;
	}

	if (insn->index != MMIO_REG_NONE)
		regs[insn->index] = random64() % 1000;
	disp = target;
	if (insn->base == MMIO_REG_RIP)
		disp -= (u64)code + insn->length;
	if (insn->index != MMIO_REG_NONE)
		disp -= regs[insn->index] * insn->scale;
	memcpy(bytes + insn->length - immediate_size(insn) - disp_size, &disp, disp_size);
}

static void write_code(unsigned int length)
{
	static const u8 jump[] = { 0xff, 0x25, 0, 0, 0, 0 };	/* jmp *0(%rip) */
	u64 destination = (u64)native_return;

	memcpy(code, bytes, length);
	memcpy(code + length, jump, sizeof(jump));
	memcpy(code + length + sizeof(jump), &destination, sizeof(destination));
}

/* What the decoder says happens. */
static void expect(const struct mmio_insn *insn, u64 regs[MMIO_REGS], u8 *memory, u64 rflags)
{
	u64 value = 0;
	u8 *access;

	do {
		access = memory + (mmio_linear_address(insn, regs, (u64)code, 0) - (u64)data);
		if (mmio_is_store(insn)) {
			value = mmio_store_value(insn, regs);
			memcpy(access, &value, insn->mem_size);
		} else {
			memcpy(&value, access, insn->mem_size);
			regs[insn->reg] = mmio_load_value(insn, regs[insn->reg], value);
		}
		if (insn->kind == MMIO_INSN_STOS)
			mmio_string_step(insn, regs, rflags);
	} while (insn->rep && !mmio_string_done(insn, regs));
}

static bool run_case(const struct mmio_insn *insn)
{
	u64 regs[MMIO_REGS], rflags, target = choose_target(insn);
	struct mmio_insn aimed = *insn;
	static u8 memory[PAGE];
	unsigned int i;

	for (i = 0; i < PAGE; i += 8)
		((u64 *)data)[i / 8] = random64();
	for (i = 0; i < MMIO_REGS; i++)
		regs[i] = random64();
	if (insn->rep) {
		regs[MMIO_REG_RCX] = 1 + random64() % MAX_COUNT;
		if (insn->addr_size == 4)
			regs[MMIO_REG_RCX] |= random64() << 32;
	}
	aim(&aimed, regs, target);
	EXPECT(!mmio_insn_decode(&aimed, MMIO_MODE_64, bytes, insn->length), "aimed: refused");
	EXPECT(mmio_linear_address(&aimed, regs, (u64)code, 0) == target, "aimed at 0x%llx: 0x%llx",
	       target, mmio_linear_address(&aimed, regs, (u64)code, 0));
	if (tap_failures)
		return false;

	rflags = 0x202 | (random64() & RFLAGS_DF);
	memcpy(native_regs, regs, sizeof(regs));
	memcpy(memory, data, PAGE);
	native_rflags = rflags;
	native_code = code;
	write_code(insn->length);
	expect(&aimed, regs, memory, rflags);
	native_run();
	return !memcmp(native_regs, regs, sizeof(regs)) && !memcmp(memory, data, PAGE);
}

static void test_processor(void)
{
	unsigned int done = 0, tries = 0;
	struct mmio_insn insn;

	if (!map_memory()) {
		tap_skip("no memory below 2 GiB that is writable and executable");
		return;
	}
	while (done < CASES && tries++ < 20 * CASES) {
		random_bytes();
		if (mmio_insn_decode(&insn, MMIO_MODE_64, bytes, sizeof(bytes)))
			continue;
		if (!can_execute(&insn))
			continue;
		done++;
		if (run_case(&insn))
			continue;
		if (tap_failures < TAP_MAX_DIAGNOSTICS)
			print_case("the processor did otherwise");
		tap_failures++;
	}
	printf("# %u instructions executed\n", done);
	EXPECT_EQ(CASES, done);
}

static const struct tap_test tests[] = {
	{ "processor_does_what_the_decoder_says", test_processor },
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}
