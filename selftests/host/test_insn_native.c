// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/insn.c against the processor that the test runs on: random 64-bit instructions are executed,
 * and what they did to registers, flags and memory is compared with what the decoder's functions
 * say. Of the flags those that the SDM leaves undefined do not count.
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
#define RFLAGS_CF	0x1
#define RFLAGS_AF	0x10
#define RFLAGS_ZF	0x40
#define RFLAGS_DF	0x400
#define RFLAGS_STATUS	0x8d5ull
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
static unsigned int executed[MMIO_INSNS];
static bool absolute_offset;		/* they are MOV A0-A3 */
static bool immediate_byte;		/* an immediate of one byte, whatever the operand's size */

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

/* Those whose reg field chooses: half of the time something that is decoded. */
static bool is_group(u8 opcode)
{
	return (opcode & 0xfc) == 0x80 || (opcode & 0xfe) == 0xc6 || (opcode & 0xfe) == 0xf6 ||
	       (opcode & 0xfe) == 0xfe;
}

static void random_bytes(void)
{
	static const u8 prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x66, 0x67, 0xf0, 0xf2, 0xf3 };
	static const u8 opcodes[] = {
		0x63, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0xa0,
		0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xaa, 0xab, 0xc6, 0xc7, 0xf6, 0xf7, 0xfe, 0xff,
	};
	static const u8 opcodes_0f[] = { 0xa3, 0xab, 0xb0, 0xb1, 0xb3, 0xb6, 0xb7, 0xba, 0xbb,
					 0xbe, 0xbf, 0xc0, 0xc1 };
	unsigned int i, pos = 0, nr = random64() % 4;

	while (nr--)
		bytes[pos++] = prefixes[random64() % sizeof(prefixes)];
	if (random64() % 4)
		bytes[pos++] = 0x40 | random64() % 16;
	switch (random64() % 4) {
	case 0:
		/* ADD, OR, ADC, SBB, AND, SUB, XOR, CMP in their first four forms */
		bytes[pos++] = random64() & 0x3b;
		break;
	case 1:
		bytes[pos++] = 0x0f;
		bytes[pos++] = opcodes_0f[random64() % sizeof(opcodes_0f)];
		break;
	default:
		bytes[pos++] = opcodes[random64() % sizeof(opcodes)];
	}
	absolute_offset = (bytes[pos - 1] & 0xfc) == 0xa0 && !(pos > 1 && bytes[pos - 2] == 0x0f);
	immediate_byte = bytes[pos - 1] == 0x83 || bytes[pos - 1] == 0xba;
	for (i = pos; i < sizeof(bytes); i++)
		bytes[i] = random64();
	if (is_group(bytes[pos - 1]) && random64() % 2)
		bytes[pos] &= 0xcf;
}

/* A register that names a bit is part of the address. */
static bool names_bit(const struct mmio_insn *insn)
{
	return insn->kind >= MMIO_INSN_BT && insn->kind <= MMIO_INSN_BTC && !insn->has_imm;
}

static bool can_execute(const struct mmio_insn *insn)
{
	if (insn->reg == MMIO_REG_RSP || insn->base == MMIO_REG_RSP)
		return false;
	if (insn->base != MMIO_REG_NONE && insn->base == insn->index)
		return false;
	if (names_bit(insn) && insn->base == insn->reg)
		return false;
	/* MOVSXD with a 16-bit operand: other vendors' processors read 32 bits. */
	if (insn->kind == MMIO_INSN_MOVSX && insn->mem_size == 2 && insn->dst_size == 2)
		return is_intel();
	return true;
}

/* Where the access is to be: anywhere in the buffer, or at its end, with room for a repetition. */
static u64 choose_target(const struct mmio_insn *insn)
{
	u64 room = insn->rep ? MAX_COUNT * insn->mem_size : insn->mem_size, target;

	if (!mmio_is_string(insn) && random64() % 4 == 0)
		return (u64)data + PAGE - insn->mem_size;
	target = (u64)data + room + random64() % (PAGE - 2 * room);
	/* A locked access across cache lines is something that hosts may object to. */
	if (insn->lock || insn->kind == MMIO_INSN_XCHG)
		target &= ~(u64)(insn->mem_size - 1);
	return target;
}

static unsigned int immediate_size(const struct mmio_insn *insn)
{
	if (!insn->has_imm)
		return 0;
	if (immediate_byte)
		return 1;
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
	if (names_bit(insn))
		regs[insn->reg] = random64() % 1000;
	disp = insn->disp + target - mmio_effective_address(insn, regs, (u64)code);
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

static u8 *place(const struct mmio_insn *insn, const u64 regs[MMIO_REGS], u8 *memory)
{
	return memory + (mmio_linear_address(insn, regs, (u64)code, 0) - (u64)data);
}

/* What the decoder says happens. */
static void expect(const struct mmio_insn *insn, u64 regs[MMIO_REGS], u8 *memory, u64 *rflags)
{
	struct mmio_insn dest = *insn;
	struct mmio_result result;
	u64 value;

	if (insn->kind == MMIO_INSN_MOVS)
		mmio_destination(insn, &dest);
	do {
		value = random64();
		if (mmio_reads(insn))
			memcpy(&value, place(insn, regs, memory), insn->mem_size);
		mmio_execute(insn, regs, *rflags, value, &result);
		if (mmio_writes(insn))
			memcpy(place(&dest, regs, memory), &result.store, insn->mem_size);
		if (result.load_to != MMIO_REG_NONE)
			regs[result.load_to] = mmio_register_value(insn, &result,
								   regs[result.load_to]);
		*rflags = (*rflags & ~(u64)result.flags_mask) | result.flags;
		if (mmio_is_string(insn))
			mmio_string_step(insn, regs, *rflags);
	} while (insn->rep && !mmio_string_done(insn, regs));
}

/* Status flags that the instruction leaves defined. */
static u64 defined_flags(const struct mmio_insn *insn)
{
	switch (insn->kind) {
	case MMIO_INSN_OR:
	case MMIO_INSN_AND:
	case MMIO_INSN_XOR:
	case MMIO_INSN_TEST:
		return RFLAGS_STATUS & ~RFLAGS_AF;
	case MMIO_INSN_BT:
	case MMIO_INSN_BTS:
	case MMIO_INSN_BTR:
	case MMIO_INSN_BTC:
		return RFLAGS_CF | RFLAGS_ZF;
	default:
		return RFLAGS_STATUS;
	}
}

/* Half of the comparisons find what they compare with. */
static void meet(const struct mmio_insn *insn, u64 regs[MMIO_REGS], u64 target)
{
	if (insn->kind != MMIO_INSN_CMPXCHG || random64() % 2)
		return;
	if (insn->base == MMIO_REG_RAX || insn->index == MMIO_REG_RAX)
		return;
	memcpy(&regs[MMIO_REG_RAX], data + (target - (u64)data), insn->mem_size);
}

static bool run_case(const struct mmio_insn *insn)
{
	u64 regs[MMIO_REGS], rflags, target = choose_target(insn);
	struct mmio_insn aimed = *insn, dest;
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

	if (insn->kind == MMIO_INSN_MOVS) {
		mmio_destination(&aimed, &dest);
		aim(&dest, regs, choose_target(insn));
	}
	meet(&aimed, regs, target);
	rflags = 0x202 | (random64() & (RFLAGS_DF | RFLAGS_STATUS));
	memcpy(native_regs, regs, sizeof(regs));
	memcpy(memory, data, PAGE);
	native_rflags = rflags;
	native_code = code;
	write_code(insn->length);
	expect(&aimed, regs, memory, &rflags);
	native_run();
	executed[insn->kind]++;
	return !memcmp(native_regs, regs, sizeof(regs)) && !memcmp(memory, data, PAGE) &&
	       !((native_rflags ^ rflags) & defined_flags(insn));
}

static void test_processor(void)
{
	unsigned int i, done = 0, tries = 0;
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
	for (i = MMIO_INSN_NONE + 1; i < MMIO_INSNS; i++)
		EXPECT(executed[i] > 1000, "kind %u only %u times", i, executed[i]);
}

static const struct tap_test tests[] = {
	{ "processor_does_what_the_decoder_says", test_processor },
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}
