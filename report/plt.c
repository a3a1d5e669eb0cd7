/*
 * PLT stubs: see plt.h. How a stub looks is in one struct plt_shape per architecture.
 *
 * Sources: System V ABI x86-64, 5.2; binutils' elf_x86_64_{lazy,non_lazy}{,_ibt}_plt for the forms
 * with endbr64 and bnd; AArch64 ELF ABI and binutils' elfNN_aarch64_small_plt for adrp/ldr/add/br.
 */
#include "report/plt.h"

#include "common/cursor.h"

#include <elf.h>
#include <string.h>

enum { SYMBOL_BYTES = 24, RELA_BYTES = 24, MAX_NAME_BYTES = 4096, MAX_STUBS = 65536 };

struct got_slot {
	uint64_t vaddr;
	const char *name; /* of the function whose address the slot holds */
};

struct plt_slots {
	struct got_slot *v; /* sorted by vaddr */
	size_t n, cap;
	const struct plt_shape *shape;
	const struct symtab *finished;
};

struct plt_shape {
	uint16_t machine;
	uint32_t jump_slot, glob_dat, irelative; /* relocation types */
	uint32_t step_bytes;                     /* stubs begin at multiples of it */
	uint32_t max_bytes;                      /* the longest stub */
	/* Whether a stub begins at code, and which slot it jumps through. */
	bool (*decode)(struct cursor code, uint64_t vaddr, uint64_t *ret_slot);
};

/* [endbr64] [bnd] jmp *disp(%rip) */
static bool decode_x86_64(struct cursor code, uint64_t vaddr, uint64_t *ret_slot)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	struct cursor peek = code;
	const uint8_t *first = cursor_bytes(&peek, sizeof(endbr64));
	if (first && !memcmp(first, endbr64, sizeof(endbr64)))
		cursor_skip(&code, sizeof(endbr64));
	uint8_t opcode = cursor_u8(&code);
	if (opcode == 0xf2)
		opcode = cursor_u8(&code);
	uint8_t modrm = cursor_u8(&code);
	int32_t disp = (int32_t)cursor_u32(&code);
	*ret_slot = vaddr + cursor_offset(&code) + (int64_t)disp;
	return !code.failed && opcode == 0xff && modrm == 0x25;
}

/* [bti c] adrp x16, page; ldr x17, [x16, #off] */
static bool decode_aarch64(struct cursor code, uint64_t vaddr, uint64_t *ret_slot)
{
	uint32_t insn = cursor_u32(&code);
	if (insn == 0xd503245f)
		insn = cursor_u32(&code);
	uint64_t adrp_vaddr = vaddr + cursor_offset(&code) - 4;
	uint32_t load = cursor_u32(&code);
	if (code.failed || (insn & 0x9f00001f) != 0x90000010 || (load & 0xffc003ff) != 0xf9400211)
		return false;
	uint64_t page = ((insn >> 5 & 0x7ffff) << 2) | (insn >> 29 & 3);
	int64_t pages = (int64_t)(page << 43) >> 43; /* 21 bits, signed */
	uint64_t offset = (uint64_t)(load >> 10 & 0xfff) * 8;
	*ret_slot = (adrp_vaddr & ~0xfffull) + (uint64_t)pages * 4096 + offset;
	return true;
}

static const struct plt_shape shapes[] = {
	{ EM_X86_64, R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT, R_X86_64_IRELATIVE, 8, 16,
		decode_x86_64 },
	{ EM_AARCH64, R_AARCH64_JUMP_SLOT, R_AARCH64_GLOB_DAT, R_AARCH64_IRELATIVE, 4, 24,
		decode_aarch64 },
};

static const struct plt_shape *find_shape(struct elf_file *elf)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (shapes[i].machine == elf_file_arch(elf)->elf_machine)
			return &shapes[i];
	return NULL;
}

static int compare_slots(const void *a, const void *b)
{
	const struct got_slot *x = a, *y = b;
	return (x->vaddr > y->vaddr) - (x->vaddr < y->vaddr);
}

static bool add_slot(struct plt_slots *slots, uint64_t vaddr, const char *name, struct err *err)
{
	if (slots->n == slots->cap) {
		size_t cap = slots->cap ? 2 * slots->cap : 64;
		struct got_slot *v = reallocarray(slots->v, cap, sizeof(*v));
		if (!v)
			return err_set(err, "plt: no memory");
		slots->v = v;
		slots->cap = cap;
	}
	slots->v[slots->n++] = (struct got_slot){ vaddr, name };
	return true;
}

static const char *dynamic_symbol_name(struct elf_file *elf, uint64_t index)
{
	struct cursor symbols = elf_file_cursor(elf, ".dynsym");
	struct cursor strings = elf_file_cursor(elf, ".dynstr");
	if (index == 0 || index > SIZE_MAX / SYMBOL_BYTES)
		return NULL;
	cursor_seek(&symbols, index * SYMBOL_BYTES);
	cursor_seek(&strings, cursor_u32(&symbols));
	const char *name = cursor_str(&strings);
	if (!name || symbols.failed || strnlen(name, MAX_NAME_BYTES) == MAX_NAME_BYTES)
		return NULL;
	return name[0] ? name : NULL;
}

static const char *relocated_name(
	struct elf_file *elf, const struct plt_slots *slots, uint64_t info, uint64_t addend)
{
	uint32_t type = (uint32_t)info;
	if (type == slots->shape->jump_slot || type == slots->shape->glob_dat)
		return dynamic_symbol_name(elf, info >> 32);
	if (type != slots->shape->irelative || !slots->finished)
		return NULL;
	const struct symtab_symbol *resolver = symtab_find(slots->finished, addend);
	return resolver ? resolver->name : NULL;
}

static bool add_slots(
	struct plt_slots *slots, struct elf_file *elf, const char *rela_name, struct err *err)
{
	struct cursor c = elf_file_cursor(elf, rela_name);
	while (cursor_left(&c) >= RELA_BYTES) {
		uint64_t vaddr = cursor_u64(&c), info = cursor_u64(&c), addend = cursor_u64(&c);
		const char *name = relocated_name(elf, slots, info, addend);
		if (name && !add_slot(slots, vaddr, name, err))
			return false;
	}
	return true;
}

static const char *slot_name(const struct plt_slots *slots, uint64_t vaddr)
{
	struct got_slot key = { .vaddr = vaddr };
	const struct got_slot *slot =
		slots->n ? bsearch(&key, slots->v, slots->n, sizeof(key), compare_slots) : NULL;
	return slot ? slot->name : NULL;
}

static bool add_stubs(struct symtab *t, const struct plt_slots *slots, struct elf_file *elf,
	const char *plt_name, struct err *err)
{
	struct elf_section plt;
	struct err ignored = { 0 };
	if (!elf_file_section(elf, plt_name, &plt, &ignored) || !plt.data)
		return true;
	size_t step = slots->shape->step_bytes;
	for (size_t at = 0; at + step <= MIN(plt.size_bytes, step * MAX_STUBS); at += step) {
		uint64_t slot, vaddr = plt.vaddr + at;
		struct cursor code = cursor_make(plt.data + at, plt.size_bytes - at);
		const char *name =
			slots->shape->decode(code, vaddr, &slot) ? slot_name(slots, slot) : NULL;
		/* A stub that is shorter ends where the next one starts: the later one wins. */
		size_t size_bytes = MIN(slots->shape->max_bytes, plt.size_bytes - at);
		if (name && !symtab_add(t, vaddr, size_bytes, name, "@plt", err))
			return false;
	}
	return true;
}

static bool add_all_stubs(
	struct symtab *t, const struct plt_slots *slots, struct elf_file *elf, struct err *err)
{
	static const char *const sections[] = { ".plt", ".plt.sec", ".plt.bnd", ".plt.got",
		".iplt" };
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (!add_stubs(t, slots, elf, sections[i], err))
			return false;
	return true;
}

bool plt_add_symbols(
	struct symtab *t, struct elf_file *elf, const struct symtab *finished, struct err *err)
{
	struct plt_slots slots = { .shape = find_shape(elf), .finished = finished };
	if (!slots.shape)
		return true;
	bool ok = add_slots(&slots, elf, ".rela.plt", err) &&
		add_slots(&slots, elf, ".rela.dyn", err) &&
		add_slots(&slots, elf, ".rela.iplt", err);
	if (ok && slots.n)
		qsort(slots.v, slots.n, sizeof(*slots.v), compare_slots);
	ok = ok && add_all_stubs(t, &slots, elf, err);
	free(slots.v);
	return ok;
}
