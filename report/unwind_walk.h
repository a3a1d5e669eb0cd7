/*
 * A walk in progress: the state that unwind.c's loop carries from frame to frame, and the steps
 * that the other unwind_*.c files contribute. Private to the unwinder.
 *
 * A step looks at the current frame and moves the state to its caller; it returns UNWIND_GO_ON, or
 * why there is no caller. Until it succeeds it changes nothing.
 */
#ifndef REPORT_UNWIND_WALK_H
#define REPORT_UNWIND_WALK_H

#include "common/defs.h"
#include "report/unwind.h"
#include "report/unwind_code.h"
#include "report/unwind_rule.h"

enum { /* behind enum unwind_end */
	UNWIND_GO_ON = UNWIND_N_ENDS,
	UNWIND_NEEDS_EXACT, /* start again in exact mode */
	UNWIND_MEETS,       /* another walk goes on from here */
};

/* Behind enum unwind_frame_flags; one word, because most frames have none but FP_KNOWN. */
enum unwind_state_bits {
	UNWIND_FP_KNOWN = 4,
	UNWIND_LR_KNOWN = 8,     /* only in a frame that made no call */
	UNWIND_SP_IS_FLOOR = 16, /* aarch64 after a guess: the frame's sp is somewhere above */
	UNWIND_FRAME_FLAGS = UNWIND_GUESSED | UNWIND_INTERRUPTED,
};

/* The registers that the fast walker follows; with pc, sp and fp a walk is determined. */
struct unwind_state {
	uint64_t pc, sp, fp, lr;
	uint32_t bits;
	uint32_t n_signals; /* signal frames so far */
};

/* What the rest of a walk is decided by, from a frame that made a call on, in the fast mode: these,
 * the frame's pc and flags, the mappings and the words above sp. */
struct unwind_mark {
	uint64_t sp, fp;
	uint32_t bits, n_signals;
};

/* What a walk has looked at. */
struct unwind_reach {
	uint64_t low, high; /* no word below the lowest mark's sp or low was read, none from high */
	bool saw_end;       /* the snapshot's end made a difference */
	bool left_stack;    /* so did its start */
};

/* A frame where another walk, whose outcome is known, goes on as this one would (unwind_memo.h). */
struct unwind_meeting {
	const struct unwind_frame *frames; /* of the other walk, leaf first */
	const struct unwind_mark *marks;
	size_t n;
	size_t at;     /* the marks before are below sp */
	uint64_t from; /* sp where it can be, at the lowest; UINT64_MAX: nowhere */
};

struct unwind_walk {
	const struct arch *arch;
	unwind_load *load;
	void *ctx;
	struct unwind_code *codes; /* UNWIND_CODES of them; NULL: nothing is remembered */
	struct unwind_code code;   /* of the current frame, when it is not in codes */
	const struct address_space *space;
	const struct trace_sample *sample;
	struct unwind_frame *frames; /* UNWIND_MAX_FRAMES */
	struct unwind_mark *marks;   /* as many; NULL: not wanted */
	size_t n_frames;

	const uint64_t *words;           /* the snapshot */
	uint64_t stack_start, stack_end; /* its addresses; no frame's sp is below */
	uint64_t words_end;              /* from here, no word begins; bytes above the start */
	uint64_t pc_mask;                /* of return addresses: what is no signature */
	struct unwind_state state;
	struct unwind_reach reach;
	struct unwind_meeting meeting;

	bool exact; /* all registers are followed, in regs; state is a copy of some */
	uint64_t regs[ARCH_MAX_REGS];
	uint64_t regs_known; /* mask */
};

/* Walks from the sample's registers; the caller has set everything up to marks, and meeting.
 * Returns the end, or UNWIND_MEETS: the frame meeting.at of the other walk comes next. */
int unwind_walk(struct unwind_walk *w);

/* The word off bytes above the snapshot's start: a multiple of 8, but for code that pushes half
 * words. */
static inline uint64_t unwind_word(const struct unwind_walk *w, uint64_t off)
{
	uint64_t shift = off % 8 * 8;
	if (__builtin_expect(shift == 0, 1))
		return *(const uint64_t *)((const char *)w->words + off);
	return w->words[off / 8] >> shift | w->words[off / 8 + 1] << (64 - shift);
}

/* A word of the snapshot, at or above floor, which is not below its start. *high: the end of the
 * highest word read so far. */
static inline bool unwind_read_above(
	struct unwind_walk *w, uint64_t floor, uint64_t addr, uint64_t *ret_word, uint64_t *high)
{
	uint64_t off = addr - w->stack_start;
	if (addr < floor)
		return false;
	if (off >= w->words_end) {
		w->reach.saw_end = true;
		return false;
	}
	*high = MAX(*high, addr + 8);
	*ret_word = unwind_word(w, off);
	return true;
}

/* At or above the current sp. */
static inline bool unwind_read(struct unwind_walk *w, uint64_t addr, uint64_t *ret_word)
{
	return unwind_read_above(w, w->state.sp, addr, ret_word, &w->reach.high);
}

/* Why reading addr failed. */
enum unwind_end unwind_read_failure(const struct unwind_walk *w, uint64_t addr);

/* Makes next the current frame; in exact mode regs_kept (a mask) says which other registers the
 * caller has in common with the callee. */
void unwind_enter(struct unwind_walk *w, const struct unwind_state *next, uint64_t regs_kept);
/* The state of a frame that a call left, with the signature taken off pc. */
struct unwind_state unwind_caller(
	const struct unwind_walk *w, uint64_t pc, uint64_t sp, uint64_t fp, bool fp_known);

int unwind_step_exact(
	struct unwind_walk *w, const struct unwind_table *table, const struct unwind_rule *rule);

/* unwind_signal.c: is the frame the code that the kernel makes signal handlers return to? */
bool unwind_is_trampoline(const struct unwind_walk *w, const struct unwind_frame *frame);
int unwind_step_signal(struct unwind_walk *w);

/* unwind_guess.c: the caller of a frame for which there is no rule. why: the end if that fails. */
int unwind_step_guess(struct unwind_walk *w, const struct unwind_frame *frame, enum unwind_end why);

/* Why a walk ends whose next return address is 0; fp is the caller's frame pointer, 0: unknown. */
enum unwind_end unwind_end_of_zero(const struct unwind_walk *w, uint64_t fp);

#endif
