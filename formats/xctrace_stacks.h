/*
 * Binaries, frames and backtraces of an xctrace export, as modules, functions, frames and stacks
 * of a profile. Indices are those of this table, but for stacks, which are the profile's.
 *
 * Exports do not tell which functions were inlined. Different frames at one address that call each
 * other are: from one place, only one function is called.
 */
#ifndef FORMATS_XCTRACE_STACKS_H
#define FORMATS_XCTRACE_STACKS_H

#include "common/err.h"
#include "formats/intern.h"
#include "formats/profile.h"

struct xctrace_binary {
	uint32_t module;
	uint64_t load_addr;
};

struct xctrace_frame {
	struct profile_frame frame;
	uint64_t pc; /* 0: unknown */
	bool is_no_stack;
};

struct xctrace_stacks {
	struct profile *p;
	struct xctrace_binary *binaries;
	struct xctrace_frame *frames;
	uint32_t *open;        /* frames of the backtraces that are being read, leaf first */
	uint64_t *module_ends; /* behind the highest address seen, in the file */
	size_t n_binaries, n_frames, n_open, n_module_ends;
	size_t cap_binaries, cap_frames, cap_open, cap_module_ends;
	struct intern by_address; /* of the frames that addresses alone made */
	uint64_t seed;
	uint64_t n_pushed, max_pushed; /* refs must not make much of a small file */
	bool failed;                   /* no memory */
};

void xctrace_stacks_fini(struct xctrace_stacks *s);

/* Strings are the profile's; uuid in hex, with dashes or none. */
uint32_t xctrace_stacks_add_binary(struct xctrace_stacks *s, const char *name, const char *path,
	const char *uuid, uint64_t load_addr);
/* pc 0: unknown; binary PROFILE_NONE: none; line 0: unknown. */
uint32_t xctrace_stacks_add_frame(struct xctrace_stacks *s, const char *name, uint64_t pc,
	uint32_t binary, uint32_t path, uint32_t line);
/* A frame that is known by its address alone, or by the name. */
uint32_t xctrace_stacks_add_address(struct xctrace_stacks *s, uint64_t pc, const char *name);

/* One frame more, towards the root. */
MUST_CHECK bool xctrace_stacks_push(struct xctrace_stacks *s, uint32_t frame, struct err *err);
/* The stack of the frames from first on, which are taken away. */
uint32_t xctrace_stacks_pop(struct xctrace_stacks *s, size_t first);

/* When all is read: tells the profile where the modules lay. */
void xctrace_stacks_place(struct xctrace_stacks *s);

#endif
