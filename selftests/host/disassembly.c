// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what objdump says of an object, and follows the code.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disassembly.h"

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	exit(EXIT_FAILURE);
}

static FILE *objdump(const char *options, const char *path)
{
	char command[1024];
	FILE *pipe;

	snprintf(command, sizeof(command), "objdump %s '%s'", options, path);
	pipe = popen(command, "r");
	if (!pipe)
		fail("cannot run %s", command);
	return pipe;
}

/* "name-0x4" and "name+0x10" are against name. */
static void take_symbol(struct insn *insn, const char *relocation)
{
	const char *name = strrchr(relocation, '\t');
	size_t length;

	if (!name)
		return;
	length = strcspn(++name, "+-\n");
	if (length >= sizeof(insn->symbol))
		length = sizeof(insn->symbol) - 1;
	memcpy(insn->symbol, name, length);
	insn->symbol[length] = '\0';
}

static bool is_prefix(const char *word)
{
	static const char *const prefixes[] = {
		"cs", "ds", "es", "data16", "rep", "repz", "repnz", "lock", "bnd", "notrack",
	};
	unsigned int i;

	for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (!strcmp(word, prefixes[i]))
			return true;
	}
	return false;
}

/* "  c:TAB mnemonic operands  # comment TAB offset: R_X86_64_KIND TAB symbol" */
static bool take_insn(struct object *object, unsigned int section, char *line)
{
	struct insn *insn = &object->insn[object->nr];
	char *text, *relocation, word[24];
	int used = 0;

	if (sscanf(line, " %lx:%n", &insn->address, &used) != 1 || !used || line[used] != '\t')
		return false;
	if (object->nr == INSNS_MAX - 1)
		fail("more instructions than there is room for");
	text = line + used + 1;
	insn->section = section;
	insn->op[0] = '\0';
	insn->args[0] = '\0';
	insn->symbol[0] = '\0';
	relocation = strstr(text, "R_X86_64_");
	if (relocation)
		take_symbol(insn, relocation);
	text[strcspn(text, "#\t\n")] = '\0';
	while (sscanf(text, " %23s%n", word, &used) == 1) {
		text += used;
		snprintf(insn->op, sizeof(insn->op), "%s", word);
		if (!is_prefix(word))
			break;
	}
	sscanf(text, " %71[^\n]", insn->args);
	object->nr++;
	return true;
}

static void take_label(struct object *object, const char *line)
{
	unsigned long address;
	char name[64];

	if (sscanf(line, "%lx <%63[^>]>:", &address, name) != 2)
		return;
	if (!strcmp(name, "vmx_enter"))
		object->entry = address;
	else if (!strcmp(name, "vmx_exit_landing"))
		object->landing = address;
	else if (!strcmp(name, "vmx_host_nmi"))
		object->host_nmi = address;
}

static void read_code(struct object *object, const char *path)
{
	FILE *pipe = objdump("-drw --no-show-raw-insn", path);
	unsigned int section = 0;
	char line[1024];

	while (fgets(line, sizeof(line), pipe)) {
		if (!strncmp(line, "Disassembly of section ", 23)) {
			section++;
			if (strstr(line, " .noinstr.text:"))
				object->noinstr = section;
			else if (strstr(line, " .altinstr_replacement:"))
				object->replacement = section;
		} else if (!take_insn(object, section, line)) {
			take_label(object, line);
		}
	}
	if (pclose(pipe) || !object->nr)
		fail("objdump says nothing of %s", path);
}

/* The places, in order of the section .altinstructions: two relocations each. */
static unsigned int read_places(struct object *object, const char *path, unsigned long *offset)
{
	FILE *pipe = objdump("-rw -j .altinstructions", path);
	unsigned long at, value;
	char line[1024], name[128];
	unsigned int nr = 0;

	while (fgets(line, sizeof(line), pipe)) {
		value = 0;
		if (sscanf(line, "%lx R_X86_64_PC32 %127[^+\n]+0x%lx", &at, name, &value) < 2)
			continue;
		if (nr == 2 * ALTERNATIVES_MAX)
			fail("more alternatives than there is room for");
		if (nr % 2)
			object->alternative[nr / 2].with = value;
		else
			object->alternative[nr / 2].at = value;
		if (!(nr % 2))
			offset[nr / 2] = at;
		if (!(nr % 2) && strcmp(name, ".noinstr.text"))
			fail("%s has alternatives in %s", path, name);
		nr++;
	}
	pclose(pipe);
	return nr / 2;
}

static size_t read_bytes(const char *path, unsigned char *bytes, size_t room)
{
	FILE *pipe = objdump("-s -j .altinstructions", path);
	char line[1024], *text;
	unsigned long offset;
	unsigned int byte;
	size_t nr = 0;
	int used, digits;

	while (fgets(line, sizeof(line), pipe)) {
		if (sscanf(line, " %lx%n", &offset, &used) != 1 || line[0] != ' ')
			continue;
		/* Four groups of at most four bytes, then the same as text. */
		text = line + used;
		if (strlen(text) > 36)
			text[36] = '\0';
		while (sscanf(text, " %2x%n", &byte, &digits) == 1 && nr < room) {
			bytes[nr++] = byte;
			text += digits;
		}
	}
	pclose(pipe);
	return nr;
}

/* The two lengths are the last two bytes of an entry, whose size differs between kernels. */
static void read_alternatives(struct object *object, const char *path)
{
	unsigned char bytes[ALTERNATIVES_MAX * 16];
	unsigned long offset[ALTERNATIVES_MAX];
	unsigned int nr = read_places(object, path, offset), i;
	size_t size, length = read_bytes(path, bytes, sizeof(bytes));

	if (nr < 2)
		fail("%s has no alternatives", path);
	size = offset[1] - offset[0];
	for (i = 0; i < nr; i++) {
		if (offset[i] + size > length)
			fail("%s: .altinstructions is cut short", path);
		object->alternative[i].length = bytes[offset[i] + size - 2];
		object->alternative[i].with_length = bytes[offset[i] + size - 1];
	}
	object->nr_alternatives = nr;
}

void object_read(struct object *object, const char *path)
{
	memset(object, 0, sizeof(*object));
	read_code(object, path);
	if (object->entry || object->landing)
		read_alternatives(object, path);
}

static const struct insn *find(const struct object *object, unsigned int section,
			       unsigned long address)
{
	unsigned int i;

	for (i = 0; i < object->nr; i++) {
		if (object->insn[i].section == section && object->insn[i].address == address)
			return &object->insn[i];
	}
	fail("no instruction at %lx of section %u", address, section);
}

static const struct alternative *alternative_at(const struct object *object, unsigned long at,
						enum patched patched)
{
	const struct alternative *found = NULL;
	unsigned int i;

	for (i = 0; patched != PATCHED_OUT && i < object->nr_alternatives; i++) {
		if (object->alternative[i].at != at)
			continue;
		found = &object->alternative[i];
		if (patched == PATCHED_FIRST)
			break;
	}
	return found;
}

static bool is_jump(const struct insn *insn)
{
	return insn->op[0] == 'j';
}

void trace_from(struct trace *trace, const struct object *object, enum patched patched, bool taken,
		unsigned long address, bool (*last)(const struct insn *insn))
{
	const struct alternative *inside = NULL, *here;
	unsigned int section = object->noinstr;
	const struct insn *insn;
	unsigned long target;

	trace->nr = 0;
	for (;;) {
		/* Behind the replacement: behind the place. */
		if (inside && address == inside->with + inside->with_length) {
			section = object->noinstr;
			address = inside->at + inside->length;
			inside = NULL;
		}
		here = inside ? NULL : alternative_at(object, address, patched);
		if (here && here->with_length) {
			section = object->replacement;
			address = here->with;
			inside = here;
		} else if (here) {
			address = here->at + here->length;
			continue;
		}
		insn = find(object, section, address);
		if (strncmp(insn->op, "nop", 3)) {
			if (trace->nr == TRACE_MAX)
				fail("no end in sight at %lx", address);
			trace->insn[trace->nr++] = insn;
		}
		if (last(insn))
			return;
		if (insn[1].section == section)
			address = insn[1].address;
		else	/* the last replacement is the end of its section */
			address = inside ? inside->with + inside->with_length : ~0ul;
		if (insn->symbol[0] || sscanf(insn->args, "%lx <", &target) != 1)
			continue;
		if (!strcmp(insn->op, "jmp") || !strcmp(insn->op, "call") ||
		    (taken && is_jump(insn)))
			address = target;
	}
}

int trace_find(const struct trace *trace, unsigned int from, const char *op)
{
	unsigned int i;

	for (i = from; i < trace->nr; i++) {
		if (!strcmp(trace->insn[i]->op, op))
			return i;
	}
	return -1;
}
