/*
 * Frames without a rule: calls to nowhere, JIT code, assembly without CFI, missing files. Each
 * guess is bounded and checked; what it finds is flagged.
 *
 * In this order: the first frame of a stack is recognised; after a call through a bad pointer the
 * return address is where the call left it; so it is in a leaf, if a call instruction stands before
 * it; else the frame pointer is followed.
 */
#include "report/elf_file.h"
#include "report/unwind_walk.h"

#include <string.h>

enum {
	ENTRY_STUB_BYTES = 64, /* _start is a few instructions long */
	MAX_CALL_BYTES = 7,    /* x86-64: call *disp32(base, index) */
	LEAF_BYTES = 1 << 16,  /* aarch64: code between a leaf's start and pc */
};

/* musl's __clone calls the thread's function and then _exit: these bytes stand at the return
 * address. aarch64: mov x8, #93; svc #0. x86-64: mov %eax, %edi; xor %eax, %eax; mov $60, %al;
 * syscall. */
static const uint8_t exit_x86_64[] = { 0x89, 0xc7, 0x31, 0xc0, 0xb0, 0x3c, 0x0f, 0x05 };
static const uint8_t exit_aarch64[] = { 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4 };

static bool is_x86(const struct unwind_walk *w)
{
	return w->arch->lr == ARCH_NO_REG;
}

/* The leaf, or a frame that a signal interrupted. */
static bool is_interrupted(const struct unwind_walk *w)
{
	return w->state.bits & UNWIND_INTERRUPTED;
}

static const uint8_t *code_at(const struct unwind_walk *w, uint64_t pc, int before, size_t bytes)
{
	uint64_t vaddr, file_off;
	const struct module *m = unwind_module_find(w->space, w->load, w->ctx, pc - 1, &file_off);
	if (!m || !m->elf || !elf_file_vaddr(m->elf, file_off, &vaddr))
		return NULL;
	return elf_file_bytes(m->elf, vaddr + 1 - (uint64_t)before, bytes);
}

static bool is_first_frame(const struct unwind_walk *w, const struct unwind_frame *frame)
{
	const struct elf_file *elf = frame->module->elf;
	if (!elf)
		return false;
	if (frame->vaddr - elf_file_entry(elf) < ENTRY_STUB_BYTES && elf_file_entry(elf))
		return true;
	const uint8_t *code = code_at(w, frame->pc, 0, sizeof(exit_x86_64));
	const uint8_t *exits = is_x86(w) ? exit_x86_64 : exit_aarch64;
	return !is_interrupted(w) && code && memcmp(code, exits, sizeof(exit_x86_64)) == 0;
}

/* Go's goroutines return to the second instruction of runtime.goexit: nop; call goexit1; nop
 * (x86-64), or mov x0, x0; bl goexit1 (aarch64). */
static bool is_goexit(const struct unwind_walk *w)
{
	const uint8_t *code = code_at(w, w->state.pc, 4, 10);
	if (!code)
		return false;
	if (is_x86(w))
		return code[3] == 0x90 && code[4] == 0xe8 && code[9] == 0x90;
	return memcmp(code, "\xe0\x03\x00\xaa", 4) == 0 && code[7] >> 2 == 0x25;
}

/*
 * Runtimes mark a stack's first frame by a return address of 0 and a frame pointer of 0 (System V
 * ABI x86-64, 3.4.1). A rule that does not fit the code finds a 0 easily, more so in sieved stacks,
 * but seldom both; and a leaf, where rules may not fit, is not where stacks begin.
 */
enum unwind_end unwind_end_of_zero(const struct unwind_walk *w, uint64_t fp)
{
	bool is_marked = fp == 0 && !is_interrupted(w);
	return is_marked || is_goexit(w) ? UNWIND_COMPLETE : UNWIND_NO_MAPPING;
}

/* FF /2 with this ModRM (and SIB): the length of the call instruction, 0 if it is none. */
static int indirect_call_bytes(uint8_t modrm, uint8_t sib)
{
	static const int disp_bytes[] = { 0, 1, 4, 0 };
	int mod = modrm >> 6, rm = modrm & 7, n = 2;
	if ((modrm >> 3 & 7) != 2)
		return 0;
	n += disp_bytes[mod];
	if (mod != 3 && rm == 4)
		n += 1 + (mod == 0 && (sib & 7) == 5 ? 4 : 0);
	else if (mod == 0 && rm == 5)
		n += 4;
	return n;
}

static bool follows_x86_call(const struct unwind_walk *w, uint64_t pc)
{
	const uint8_t *end = code_at(w, pc, MAX_CALL_BYTES, MAX_CALL_BYTES);
	if (!end)
		return false;
	end += MAX_CALL_BYTES;
	if (end[-5] == 0xe8)
		return true;
	for (int n = 2; n <= MAX_CALL_BYTES; n++)
		if (end[-n] == 0xff && indirect_call_bytes(end[1 - n], n > 2 ? end[2 - n] : 0) == n)
			return true;
	return false;
}

/* BL to shortly before the leaf's pc, or a call from another module: lr was set by our caller, and
 * not by a call that the leaf itself made before. */
static bool lr_is_callers(const struct unwind_walk *w, const struct unwind_frame *frame)
{
	uint64_t lr = w->state.lr;
	const uint8_t *code = code_at(w, lr, 4, 4);
	const struct mapping *m = address_space_find(w->space, lr - 1);
	if (!code || !m)
		return false;
	uint32_t insn = code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
	bool is_bl = insn >> 26 == 0x25, is_blr = (insn & 0xfffffc1f) == 0xd63f0000;
	if (m->module != frame->module)
		return is_bl || is_blr;
	uint64_t target = lr - 4 + (uint64_t)((int64_t)((uint64_t)insn << 38) >> 36);
	return is_bl && frame->pc - target < LEAF_BYTES;
}

static int enter_guess(struct unwind_walk *w, struct unwind_state next, uint64_t regs_kept)
{
	next.bits |= UNWIND_GUESSED;
	unwind_enter(w, &next, regs_kept);
	return UNWIND_GO_ON;
}

/* The callee has not touched the stack since the call. */
static int undo_call(struct unwind_walk *w, enum unwind_end why)
{
	const struct unwind_state *s = &w->state;
	uint64_t pc = s->lr, sp = s->sp;
	if (is_x86(w) ? !unwind_read(w, sp, &pc) : !(s->bits & UNWIND_LR_KNOWN))
		return why;
	sp += is_x86(w) ? 8 : 0;
	struct unwind_state next = unwind_caller(w, pc, sp, s->fp, s->bits & UNWIND_FP_KNOWN);
	if (!address_space_find(w->space, next.pc - 1))
		return why;
	return enter_guess(w, next, UINT64_MAX);
}

static bool is_frameless_leaf(struct unwind_walk *w, const struct unwind_frame *frame)
{
	uint64_t pc;
	if (!is_interrupted(w))
		return false;
	if (is_x86(w))
		return unwind_read(w, w->state.sp, &pc) && follows_x86_call(w, pc);
	return w->state.bits & UNWIND_LR_KNOWN && lr_is_callers(w, frame);
}

/* The two words at fp: the caller's fp, and the return address. */
static int follow_fp(struct unwind_walk *w, enum unwind_end why)
{
	uint64_t fp = w->state.fp, caller_fp, pc;
	if (!(w->state.bits & UNWIND_FP_KNOWN) || fp < w->state.sp || fp % 8 != 0)
		return why;
	if (!unwind_read(w, fp, &caller_fp) || !unwind_read(w, fp + 8, &pc)) {
		enum unwind_end end = unwind_read_failure(w, fp + 8);
		return end == UNWIND_TRUNCATED ? end : why;
	}
	struct unwind_state next = unwind_caller(w, pc, fp + 16, caller_fp, true);
	if (!address_space_find(w->space, next.pc - 1))
		return why;
	next.bits |= is_x86(w) ? 0 : UNWIND_SP_IS_FLOOR;
	return enter_guess(w, next, 0);
}

int unwind_step_guess(struct unwind_walk *w, const struct unwind_frame *frame, enum unwind_end why)
{
	if (!frame->module) /* only the leaf, or an interrupted frame */
		return undo_call(w, why);
	if (why != UNWIND_BAD_RULE) {
		if (is_first_frame(w, frame))
			return UNWIND_COMPLETE;
		if (is_frameless_leaf(w, frame))
			return undo_call(w, why);
	}
	return follow_fp(w, why);
}
