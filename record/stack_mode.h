/*
 * The ways to capture a stack (--stack): one const struct each. What a mode asks of the kernel and
 * what happens to a snapshot are its flags; nothing else asks for a mode by name.
 */
#ifndef RECORD_STACK_MODE_H
#define RECORD_STACK_MODE_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	STACK_MAX_BYTES = 65528, /* the kernel's limit: a record's size is a u16 */
	/* The default is the limit, for complete stacks, but leaves a ring room for this many
	 * snapshots; docs/recording.md has the measurement. */
	STACK_SNAPSHOTS_PER_RING = 32,
};

struct stack_mode {
	const char *name;
	const char *help;
	bool snapshot;   /* user registers and a copy of the stack */
	bool sieved;     /* without the program's data */
	bool kernel_pcs; /* the kernel's part of the call chain */
	bool user_pcs;   /* the user's part by frame pointers, walked by the kernel */
};

/* What the user asked for. */
struct stack_request {
	const struct stack_mode *mode;
	uint32_t limit_bytes;  /* of a snapshot; a multiple of 8; 0 when the mode takes none */
	bool limit_is_default; /* follow the ring's size */
};

extern const struct stack_mode stack_modes[];
extern const size_t n_stack_modes;

struct stack_request stack_request_default(void);
/* The limit that suits a ring of this size: what was asked for, or as much as the ring bears. */
uint32_t stack_request_limit(const struct stack_request *request, size_t ring_bytes);
/* "MODE" or "MODE,BYTES" into the struct stack_request at field: a setter for the option table. */
bool stack_request_set(void *field, const char *value, struct err *err);

#endif
