/*
 * The unwinder: a pure function of registers, stack words and tables. It prints nothing, decides no
 * policy, loads no files, and says why it stopped.
 *
 * The fast walker carries pc, sp and fp (and lr). When it meets a rule that needs another register
 * it starts the sample again in exact mode, with all registers the sample has. Reads below the
 * current sp are forbidden; so is a frame that does not move towards the outer end of the stack
 * (except through a signal frame).
 *
 * On aarch64 bits 48 to 63 of return addresses are dropped: pointer authentication signs there.
 * A module is only read (but for load), so threads may share modules.
 *
 * Who has many samples to unwind takes report/unwinder.h: the same walk, remembering what it has
 * seen.
 */
#ifndef REPORT_UNWIND_H
#define REPORT_UNWIND_H

#include "common/arch.h"
#include "common/trace_event.h"
#include "report/address_space.h"

enum unwind_end {
	UNWIND_COMPLETE,  /* the first frame of the process or thread */
	UNWIND_TRUNCATED, /* a word above the snapshot was needed, and the snapshot was full */
	UNWIND_OUTSIDE,   /* a word outside the snapshot was needed (another stack, wild pointer) */
	UNWIND_OTHER_STACK, /* a signal handler on an alternate stack; the interrupted stack is not
			       recorded */
	UNWIND_NO_MAPPING,  /* the return address is in no executable mapping; that frame is left
			       out, but a leaf or interrupted frame there is reported */
	UNWIND_NO_FILE,     /* its file is missing or differs, and the frame pointer gave nothing */
	UNWIND_NO_RULE,  /* no unwind rule covers the address, and the frame pointer gave nothing */
	UNWIND_BAD_RULE, /* the rule could not be evaluated (bad expression, unknown register) */
	UNWIND_NO_PROGRESS,  /* the caller's frame would be at or below this one */
	UNWIND_DEPTH,        /* UNWIND_MAX_FRAMES */
	UNWIND_NO_REGISTERS, /* the sample has no user registers */
	UNWIND_N_ENDS,
};

/* One lower-case phrase for each end, for the health block. */
const char *unwind_end_text(enum unwind_end end);

enum { UNWIND_MAX_FRAMES = 8192 };

enum unwind_frame_flags {
	UNWIND_GUESSED = 1, /* this frame was found without an unwind rule (frame pointer, [sp]) */
	UNWIND_INTERRUPTED = 2, /* pc is exact: the leaf, or the frame that a signal interrupted */
};

struct unwind_frame {
	uint64_t pc;           /* as found: a return address unless UNWIND_INTERRUPTED */
	struct module *module; /* NULL: nothing executable is mapped there */
	/* unwind_lookup_pc in the module's ELF file; without a file, its offset in what is mapped;
	 * without a module, itself */
	uint64_t vaddr;
	uint32_t flags; /* enum unwind_frame_flags */
};

/* pc, or pc - 1 for a return address: inside the call. */
static inline uint64_t unwind_lookup_pc(const struct unwind_frame *frame)
{
	return frame->pc - !(frame->flags & UNWIND_INTERRUPTED);
}

struct unwind_result {
	struct unwind_frame
		*frames; /* leaf first; the caller's memory, UNWIND_MAX_FRAMES entries */
	size_t n_frames;
	enum unwind_end end;
	bool used_exact_mode;
};

/*
 * Loads a module that has not been loaded yet (module->loaded false): sets elf and unwind, then
 * loaded. NULL: modules are taken as they are.
 */
typedef void unwind_load(void *ctx, struct module *module);

/* Walks the stack of a sample: its regs, regs_mask and stack. */
void unwind_stack(const struct arch *arch, const struct address_space *space,
	const struct trace_sample *sample, unwind_load *load, void *ctx,
	struct unwind_result *result);

#endif
