// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that leave the guest whatever their operands are, and those that hypervisors answer
 * with #UD.
 */
#include "emit.h"
#include "items.h"

void emit_cpuid(struct generator *g)
{
	static const uint32_t leaves[] = {
		0, 1, 3, 7, 0xd, 0x80000000, 0x80000001, 0x80000008,
	};

	emit_mov(g, RAX, leaves[pick(g, 8)]);
	emit_mov(g, RCX, pick(g, 3));
	EMIT(g, "\x0f\xa2");
}

void emit_wbinvd(struct generator *g)
{
	EMIT(g, "\x0f\x09");
}

void emit_invd(struct generator *g)
{
	EMIT(g, "\x0f\x08");
}

void emit_rdpmc(struct generator *g)
{
	EMIT(g, "\x0f\x33");
}

void emit_monitor(struct generator *g)
{
	emit_mov(g, RCX, 0);
	EMIT(g, "\x0f\x01");
	emit(g, 0xc8 + pick(g, 2));
}

void emit_vmcall(struct generator *g)
{
	emit_mov(g, RAX, 0x1000 + pick(g, 0x1000));
	EMIT(g, "\x0f\x01\xc1");
}

/* VMX instructions, GETSEC, RSM, VMFUNC, ENCLS: #UD. */
void emit_vmx(struct generator *g)
{
	switch (pick(g, 9)) {
	case 0:		/* VMLAUNCH, VMRESUME, VMXOFF */
		EMIT(g, "\x0f\x01");
		emit(g, 0xc2 + pick(g, 3));
		break;
	case 1:		/* VMREAD, VMWRITE */
		emit(g, 0x0f);
		emit(g, 0x78 + pick(g, 2));
		emit_reg(g, RBX, RDX);
		break;
	case 2:		/* VMPTRLD, VMPTRST */
		EMIT(g, "\x0f\xc7");
		emit_at(g, 6 + pick(g, 2), AT_DATA);
		break;
	case 3:		/* VMCLEAR, VMXON */
		emit(g, pick(g, 2) ? 0x66 : 0xf3);
		EMIT(g, "\x0f\xc7");
		emit_at(g, 6, AT_DATA);
		break;
	case 4:		/* INVEPT, INVVPID */
		EMIT(g, "\x66\x0f\x38");
		emit(g, 0x80 + pick(g, 2));
		emit_at(g, RBX, AT_DATA);
		break;
	case 5:
		EMIT(g, "\x0f\x37");		/* GETSEC */
		break;
	case 6:
		EMIT(g, "\x0f\xaa");		/* RSM */
		break;
	case 7:
		EMIT(g, "\x0f\x01\xd4");	/* VMFUNC */
		break;
	case 8:
		EMIT(g, "\x0f\x01\xcf");	/* ENCLS */
		break;
	}
}

void emit_hlt(struct generator *g)
{
	emit(g, 0xf4);
}
