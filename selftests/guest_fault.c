// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that no memory answers and that are not MMIO: in a page walk, in a fetch, or in the
 * delivery of an event, which is neither lost nor delivered twice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_EVENT	OTHER_EXIT(XVCPU_EXIT_EVENT_FAULT)
#define EXIT_MEMORY	OTHER_EXIT(XVCPU_EXIT_MEMORY_FAULT)
#define HOLE		0x300000u	/* behind the VM's memory, mapped to itself in every mode */
#define HOLE_SLOT	1

/* SDM "VM-Entry Interruption-Information Field". */
#define EVENT(type, vector)	(1u << 31 | (type) << 8 | (vector))
#define EVENT_ERROR		(1u << 11)
#define TYPE_HARD		3u
#define TYPE_SOFT_INT		4u
#define TYPE_ICEBP		5u
#define TYPE_SOFT_EXC		6u

#define PF_FETCH		16u	/* SDM "Interrupt 14-Page-Fault Exception" */

GUEST_CODE(ud2, 64, "ud2; hlt");
GUEST_CODE(int3, 64, "int3; hlt");
GUEST_CODE(int_5, 64, "int $5; hlt");
GUEST_CODE(icebp, 64, ".byte 0xf1; hlt");
GUEST_CODE(bad_ds, 64, "mov $0x58, %eax; mov %eax, %ds; hlt");
GUEST_CODE(load, 64, "mov (%rsi), %eax; hlt");
GUEST_CODE(load_32, 32, "mov (%esi), %eax; hlt");
GUEST_CODE(jump, 64, "jmp *%rsi");
GUEST_CODE(just_hlt, 64, "hlt");

FIXTURE(fault) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	uint8_t *page;		/* what will be in the hole */
};

FIXTURE_SETUP(fault)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
	self->page = pages_alloc(PAGE_BYTES, MAP_SHARED);
}

FIXTURE_TEARDOWN(fault)
{
	munmap(self->page, PAGE_BYTES);
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void fill_hole(struct test_vm *vm, const void *page, uint32_t flags)
{
	if (vm_slot(vm, HOLE_SLOT, HOLE, PAGE_BYTES, page, flags))
		die("a slot at the hole");
}

static void empty_hole(struct test_vm *vm)
{
	if (vm_slot(vm, HOLE_SLOT, HOLE, 0, NULL, 0))
		die("the hole's slot cannot be deleted");
}

static void prepare(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
}

/* ---- delivery of an event ---- */

static const void *idt_of(struct test_vm *vm, enum guest_mode mode)
{
	return guest_at(vm, mode == MODE_REAL ? GUEST_IVT : GUEST_IDT);
}

TEST_F(fault, an_idt_in_a_hole_is_an_event_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_memory *memory = &vcpu->exit->memory;
	enum guest_mode mode;
	struct guest_trap trap;

	for (mode = 0; mode < MODES; mode++) {
		unsigned int gate = mode >= MODE_COMPAT ? 16 : mode == MODE_REAL ? 4 : 8;

		prepare(vcpu, mode, &ud2);
		guest_sregs(vcpu)->idtr.base = HOLE;
		ASSERT_EQ(EXIT_EVENT, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[mode]); }
		EXPECT_EQ(EVENT(TYPE_HARD, VEC_UD), memory->event_info);
		EXPECT_EQ(HOLE + gate * VEC_UD, memory->gpa & ~(gate - 1ull)) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(XVCPU_ACCESS_READ, memory->access & ~XVCPU_ACCESS_GLA);
		EXPECT_EQ(0, memory->error);
		EXPECT_EQ(0, memory->view);
		EXPECT_EQ(0, vcpu->exit->flags);
		EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
		EXPECT_EQ(GUEST_STACK, vcpu->sync->regs.rsp);
		/* Still a hole: the same again. */
		ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
		EXPECT_EQ(EVENT(TYPE_HARD, VEC_UD), memory->event_info);
		/* With memory it is delivered, once. */
		memcpy(self->page, idt_of(&self->vm, mode), PAGE_BYTES);
		fill_hole(&self->vm, self->page, 0);
		ASSERT_EQ(VEC_UD, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[mode]); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
		EXPECT_EQ(GUEST_STACK, trap.rsp) { TH_LOG("%s", guest_mode_names[mode]); }
		empty_hole(&self->vm);
	}
}

TEST_F(fault, the_event_survives_kick_and_immediate_exit)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &ud2);
	guest_sregs(vcpu)->idtr.base = HOLE;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	vcpu->request->immediate_exit = 1;
	ASSERT_EQ(-EINTR, vcpu_run(vcpu));
	vcpu->request->immediate_exit = 0;
	vcpu_kick(vcpu);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), guest_run(vcpu));
	memcpy(self->page, idt_of(&self->vm, MODE_LONG), PAGE_BYTES);
	fill_hole(&self->vm, self->page, 0);
	ASSERT_EQ(VEC_UD, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_STACK, trap.rsp);
	guest_return(vcpu, &trap, 2);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(fault, an_event_has_its_error_code)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &bad_ds);
	guest_sregs(vcpu)->idtr.base = HOLE;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	EXPECT_EQ(EVENT(TYPE_HARD, VEC_GP) | EVENT_ERROR, vcpu->exit->memory.event_info);
	EXPECT_EQ(0x58, vcpu->exit->memory.event_error);
	memcpy(self->page, idt_of(&self->vm, MODE_LONG), PAGE_BYTES);
	fill_hole(&self->vm, self->page, 0);
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0x58, trap.error);
	EXPECT_EQ(GUEST_CODE_AT + 5, trap.rip);
}

TEST_F(fault, a_software_event_has_its_length)
{
	static const struct {
		const struct guest_code *code;
		uint32_t type;
		int vector;
		unsigned int length;
	} cases[] = {
		{ &int3, TYPE_SOFT_EXC, VEC_BP, 1 }, { &int_5, TYPE_SOFT_INT, VEC_BR, 2 },
		{ &icebp, TYPE_ICEBP, VEC_DB, 1 },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		prepare(vcpu, MODE_LONG, cases[i].code);
		guest_sregs(vcpu)->idtr.base = HOLE;
		ASSERT_EQ(EXIT_EVENT, guest_run(vcpu)) { TH_LOG("%s", cases[i].code->name); }
		EXPECT_EQ(EVENT(cases[i].type, cases[i].vector), vcpu->exit->memory.event_info) {
			TH_LOG("%s", cases[i].code->name);
		}
		EXPECT_EQ(cases[i].length, vcpu->exit->memory.event_insn_len);
		memcpy(self->page, idt_of(&self->vm, MODE_LONG), PAGE_BYTES);
		fill_hole(&self->vm, self->page, 0);
		ASSERT_EQ(cases[i].vector, guest_run(vcpu));
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT + cases[i].length, trap.rip) {
			TH_LOG("%s", cases[i].code->name);
		}
		empty_hole(&self->vm);
	}
}

TEST_F(fault, skipped_drops_the_event)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, &ud2);
	guest_sregs(vcpu)->idtr.base = HOLE;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	guest_regs(vcpu)->rip += 2;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(GUEST_STACK, vcpu->sync->regs.rsp);
}

TEST_F(fault, exception_replaces_the_event)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &bad_ds);
	guest_sregs(vcpu)->idtr.base = HOLE;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_NP;
	vcpu->request->error_code = 0x48;
	guest_sregs(vcpu)->idtr.base = GUEST_IDT;
	ASSERT_EQ(VEC_NP, guest_run(vcpu));	/* and not #DF */
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0x48, trap.error);
	EXPECT_EQ(GUEST_STACK, trap.rsp);
}

TEST_F(fault, a_stack_in_a_hole_is_an_event_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *frame = (uint64_t *)(self->page + 0x800) - 5;

	prepare(vcpu, MODE_LONG, &ud2);
	guest_regs(vcpu)->rsp = HOLE + 0x800;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	EXPECT_EQ(EVENT(TYPE_HARD, VEC_UD), vcpu->exit->memory.event_info);
	EXPECT_EQ(XVCPU_ACCESS_WRITE, vcpu->exit->memory.access & XVCPU_ACCESS_WRITE);
	EXPECT_EQ(HOLE, vcpu->exit->memory.gpa & ~(PAGE_BYTES - 1ull));
	EXPECT_EQ(HOLE + 0x800, vcpu->sync->regs.rsp);
	fill_hole(&self->vm, self->page, 0);
	ASSERT_EQ(VEC_UD, guest_run(vcpu));
	EXPECT_EQ(HOLE + 0x800 - 40, vcpu->sync->regs.rsp);
	EXPECT_EQ(GUEST_CODE_AT, frame[0]);
	EXPECT_EQ(HOLE + 0x800, frame[3]);
	EXPECT_EQ(0, frame[-1]);
}

/* What is written there is the processor's frame, not MMIO. */
TEST_F(fault, a_stack_in_a_read_only_slot_is_an_event_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;

	fill_hole(&self->vm, self->page, XVCPU_SLOT_READONLY);
	prepare(vcpu, MODE_LONG, &ud2);
	guest_regs(vcpu)->rsp = HOLE + 0x800;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	EXPECT_EQ(EVENT(TYPE_HARD, VEC_UD), vcpu->exit->memory.event_info);
	EXPECT_EQ(XVCPU_ACCESS_WRITE, vcpu->exit->memory.access & XVCPU_ACCESS_WRITE);
	guest_regs(vcpu)->rsp = GUEST_STACK;
	EXPECT_EQ(VEC_UD, guest_run(vcpu));
}

TEST_F(fault, a_tss_in_a_hole_is_an_event_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &ud2);
	guest_user(vcpu);
	guest_sregs(vcpu)->tr.base = HOLE;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	EXPECT_EQ(EVENT(TYPE_HARD, VEC_UD), vcpu->exit->memory.event_info);
	EXPECT_EQ(3, vcpu->sync->sregs.cs.selector & 3);
	memcpy(self->page, guest_at(&self->vm, GUEST_TSS), 0x68);
	fill_hole(&self->vm, self->page, 0);
	ASSERT_EQ(VEC_UD, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_STACK3, trap.rsp);
	EXPECT_EQ(3, trap.cs & 3);
}

/* SDM "Interrupt 8-Double Fault Exception": a page fault, and another fault in its delivery. */
TEST_F(fault, an_event_delivered_again_counts_as_the_first_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pt = guest_split(&self->vm), *idt = guest_at(&self->vm, GUEST_IDT);
	struct guest_trap trap;

	pt[GUEST_FREE / PAGE_BYTES] = 0;
	prepare(vcpu, MODE_LONG, &load);
	guest_sregs(vcpu)->idtr.base = HOLE;
	guest_regs(vcpu)->rsi = GUEST_FREE;
	ASSERT_EQ(EXIT_EVENT, guest_run(vcpu));
	EXPECT_EQ(EVENT(TYPE_HARD, VEC_PF) | EVENT_ERROR, vcpu->exit->memory.event_info);
	EXPECT_EQ(GUEST_FREE, vcpu->sync->cregs.cr2);
	idt[2 * VEC_PF] &= ~(1ull << 47);	/* not present */
	memcpy(self->page, guest_at(&self->vm, GUEST_IDT), PAGE_BYTES);
	fill_hole(&self->vm, self->page, 0);
	ASSERT_EQ(VEC_DF, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_STACK, trap.rsp);
	EXPECT_EQ(GUEST_FREE, vcpu->sync->cregs.cr2);
}

/* ---- fetches ---- */

TEST_F(fault, a_fetch_from_a_hole_is_a_memory_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_memory *memory = &vcpu->exit->memory;

	prepare(vcpu, MODE_LONG, &jump);
	guest_regs(vcpu)->rsi = HOLE + 0x10;
	ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu));
	EXPECT_EQ(HOLE + 0x10, memory->gpa);
	EXPECT_EQ(XVCPU_ACCESS_EXEC, memory->access & ~XVCPU_ACCESS_GLA);
	if (memory->access & XVCPU_ACCESS_GLA)
		EXPECT_EQ(HOLE + 0x10, memory->gla);
	EXPECT_EQ(0, memory->event_info);
	EXPECT_EQ(0, memory->error);
	EXPECT_EQ(HOLE + 0x10, vcpu->sync->regs.rip);
	EXPECT_EQ(0, vcpu->exit->flags);
	ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu));
	self->page[0x10] = 0xf4;	/* HLT */
	fill_hole(&self->vm, self->page, 0);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(HOLE + 0x11, vcpu->sync->regs.rip);
}

TEST_F(fault, a_fetch_fault_can_be_skipped_and_refused)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &jump);
	guest_load(&self->vm, GUEST_FREE, &just_hlt);
	guest_regs(vcpu)->rsi = HOLE;
	ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_PF;
	vcpu->request->error_code = PF_FETCH;
	vcpu->request->payload = HOLE;
	ASSERT_EQ(VEC_PF, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(PF_FETCH, trap.error);
	EXPECT_EQ(HOLE, trap.rip);
	EXPECT_EQ(HOLE, vcpu->sync->cregs.cr2);
	guest_return(vcpu, &trap, 0);
	ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	guest_regs(vcpu)->rip = GUEST_FREE;
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(fault, a_handler_in_a_hole_has_its_event_delivered)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *idt = guest_at(&self->vm, GUEST_IDT);

	prepare(vcpu, MODE_LONG, &ud2);
	idt[2 * VEC_UD] = (HOLE & 0xffff) | (uint64_t)SEL_CODE64 << 16 | 0x8eull << 40 |
			  (uint64_t)(HOLE >> 16) << 48;
	ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu));
	EXPECT_EQ(HOLE, vcpu->exit->memory.gpa);
	EXPECT_EQ(0, vcpu->exit->memory.event_info);
	EXPECT_EQ(HOLE, vcpu->sync->regs.rip);
	EXPECT_EQ(GUEST_STACK - 40, vcpu->sync->regs.rsp);
	EXPECT_EQ(GUEST_CODE_AT, guest_read64(&self->vm, GUEST_STACK - 40));
	self->page[0] = 0xf4;
	fill_hole(&self->vm, self->page, 0);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(GUEST_STACK - 40, vcpu->sync->regs.rsp);
}

/* ---- page walks ---- */

/**
 * struct walk - a table of which one entry leads into the hole
 * @mode:  .
 * @code:  loads from RSI or ESI
 * @entry: guest-physical address of that entry
 * @bytes: its size
 * @flags: its other bits
 * @gla:   an address that is translated through it
 * @leaf:  what the hole's entry will be, so that @gla reaches GUEST_DATA
 */
struct walk {
	enum guest_mode mode;
	const struct guest_code *code;
	uint32_t entry;
	unsigned int bytes;
	uint64_t flags;
	uint64_t gla;
	uint64_t leaf;
};

#define RWU	(PTE_P | PTE_W | PTE_U)

static const struct walk walks[] = {
	{ MODE_LONG, &load, GUEST_PML4 + 8, 8, RWU, (1ull << 39) + GUEST_DATA, GUEST_PD | RWU },
	{ MODE_LONG, &load, GUEST_PDPT + 8, 8, RWU, (1ull << 30) + GUEST_DATA, RWU | PTE_PS },
	{ MODE_LONG, &load, GUEST_PD + 8 * 4, 8, RWU, (4ull << 21), GUEST_DATA | RWU },
	{ MODE_COMPAT, &load_32, GUEST_PD + 8 * 4, 8, RWU, (4ull << 21), GUEST_DATA | RWU },
	{ MODE_PAE, &load_32, GUEST_PD + 8 * 4, 8, RWU, (4ull << 21), GUEST_DATA | RWU },
	{ MODE_PAGED32, &load_32, GUEST_PD_32 + 4 * 4, 4, RWU, (4ull << 22), GUEST_DATA | RWU },
};

static void prepare_walk(struct test_vm *vm, struct test_vcpu *vcpu, const struct walk *w)
{
	uint64_t entry = HOLE | w->flags;

	guest_memory_init(vm);
	memcpy(guest_at(vm, w->entry), &entry, w->bytes);
	prepare(vcpu, w->mode, w->code);
	guest_regs(vcpu)->rsi = w->gla;
	guest_write64(vm, GUEST_DATA, 0xfeedface);
}

TEST_F(fault, a_page_table_in_a_hole_is_a_memory_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_memory *memory = &vcpu->exit->memory;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(walks); i++) {
		const struct walk *w = &walks[i];

		prepare_walk(&self->vm, vcpu, w);
		ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu)) {
			TH_LOG("walk %u, %s", i, guest_mode_names[w->mode]);
		}
		EXPECT_EQ(HOLE, memory->gpa);
		EXPECT_EQ(XVCPU_ACCESS_WALK,
			  memory->access & (XVCPU_ACCESS_WALK | XVCPU_ACCESS_EXEC));
		EXPECT_EQ(XVCPU_ACCESS_GLA, memory->access & XVCPU_ACCESS_GLA);
		EXPECT_EQ(w->gla, memory->gla);
		EXPECT_EQ(0, memory->error);
		EXPECT_EQ(0, memory->event_info);
		EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
		memset(self->page, 0, PAGE_BYTES);
		memcpy(self->page, &w->leaf, w->bytes);
		fill_hole(&self->vm, self->page, 0);
		EXPECT_EQ(NO_TRAP, guest_run(vcpu)) {
			TH_LOG("walk %u, %s", i, guest_mode_names[w->mode]);
		}
		EXPECT_EQ(0xfeedface, (uint32_t)vcpu->sync->regs.rax) { TH_LOG("walk %u", i); }
		empty_hole(&self->vm);
	}
}

/* The walk sets the accessed flag: it writes, whatever the access does. It is never MMIO. */
TEST_F(fault, a_page_table_in_a_read_only_slot_is_a_memory_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_memory *memory = &vcpu->exit->memory;
	const char *engine = getenv("XVCPU_ENGINE");
	unsigned int i;

	if (engine && !strcmp(engine, "bochs") &&
	    self->vm.info.features[XVCPU_FEATURE_EPT_AD] != XVCPU_REASON_OK)
		SKIP(return, "without EPT A/D, Bochs 2.7 sets accessed flags whatever EPT says");
	for (i = 0; i < ARRAY_SIZE(walks); i++) {
		const struct walk *w = &walks[i];

		memset(self->page, 0, PAGE_BYTES);
		memcpy(self->page, &w->leaf, w->bytes);
		fill_hole(&self->vm, self->page, XVCPU_SLOT_READONLY);
		prepare_walk(&self->vm, vcpu, w);
		ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu)) {
			TH_LOG("walk %u, %s", i, guest_mode_names[w->mode]);
		}
		EXPECT_EQ(HOLE, memory->gpa & ~(PAGE_BYTES - 1ull));
		EXPECT_EQ(XVCPU_ACCESS_WALK | XVCPU_ACCESS_WRITE,
			  memory->access & (XVCPU_ACCESS_WALK | XVCPU_ACCESS_WRITE));
		EXPECT_EQ(0, self->page[0] & PTE_A);
		/* Writable, it is set. */
		fill_hole(&self->vm, self->page, 0);
		EXPECT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(0xfeedface, (uint32_t)vcpu->sync->regs.rax);
		EXPECT_EQ(PTE_A, self->page[0] & PTE_A) { TH_LOG("walk %u", i); }
		empty_hole(&self->vm);
	}
}

TEST_F(fault, cr3_in_a_hole_is_a_memory_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, &just_hlt);
	guest_cregs(vcpu)->cr3 = HOLE;
	ASSERT_EQ(EXIT_MEMORY, guest_run(vcpu));
	EXPECT_EQ(HOLE, vcpu->exit->memory.gpa);
	EXPECT_EQ(XVCPU_ACCESS_WALK, vcpu->exit->memory.access & XVCPU_ACCESS_WALK);
	memcpy(self->page, guest_at(&self->vm, GUEST_PML4), PAGE_BYTES);
	fill_hole(&self->vm, self->page, 0);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_HARNESS_MAIN
