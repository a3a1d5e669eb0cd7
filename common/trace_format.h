/*
 * The constants of the trace's disk layout. docs/trace-format.md is the specification; the names
 * here follow its words. Nothing outside the trace's writer and reader needs this file.
 */
#ifndef COMMON_TRACE_FORMAT_H
#define COMMON_TRACE_FORMAT_H

enum {
	TRACE_VERSION_MAJOR = 1, /* a reader refuses a greater one */
	TRACE_VERSION_MINOR = 0, /* additions that older readers may ignore */
};

/* Block header: a zstd skippable frame (magic, size) whose content is described by the spec. */
#define TRACE_FRAME_MAGIC 0x184d2a5du
#define TRACE_BLOCK_MAGIC 0x42524444u  /* "DDRB" */
#define TRACE_FOOTER_MAGIC 0x46524444u /* "DDRF" */

enum {
	TRACE_FRAME_BYTES = 8,            /* skippable magic, content size */
	TRACE_HEADER_BYTES = 60,          /* content of a block header of this version */
	TRACE_FOOTER_BYTES = 24,          /* content of the footer of this version */
	TRACE_MAX_HEADER_BYTES = 248,     /* content; later minor versions may add to the 60 */
	TRACE_MAX_RAW_BYTES = 16 << 20,   /* of one block, before compression */
	TRACE_MAX_BLOCK_BYTES = 17 << 20, /* of one block's zstd frame */
	TRACE_MAX_FILE_BYTES = 8 << 20,   /* of an embedded file, as the writer limits it */
	TRACE_MAX_STRING_BYTES = 4096,    /* paths and names, with their NUL; longer ones are cut */
};

enum { TRACE_FLAG_MUST_UNDERSTAND = 1 };

/* Events payload: the kind that defines a string; the others are enum trace_event_kind. */
enum { TRACE_RECORD_STRING = 0 };

/*
 * Samples payload: the columns, in the order in which a sample's parts are decoded. Even ids must
 * be understood by a reader, odd ids may be ignored.
 */
enum trace_column {
	TRACE_COL_DICT,      /* the values' low 16 bits, in two planes of bytes */
	TRACE_COL_DICT_PAGE, /* a reference to a page for each value */
	TRACE_COL_PAGES,     /* the distinct high 48 bits of the values */
	TRACE_COL_THREADS,
	TRACE_COL_TIME,
	TRACE_COL_THREAD,
	TRACE_COL_CPU,
	TRACE_COL_FLAGS,
	TRACE_COL_PERIOD,
	TRACE_COL_IP,
	TRACE_COL_KERNEL,
	TRACE_COL_USER,
	TRACE_COL_REG_MASK,
	TRACE_COL_SP,
	TRACE_COL_REGS,
	TRACE_COL_STACK_FLAGS,
	TRACE_COL_STACK_SHAPE,
	TRACE_COL_STACK_WORDS,
	TRACE_N_COLS
};
#define TRACE_COL_ID(col) (2 * ((col) + 1))

/* Stack flags column. */
enum {
	TRACE_STACK_PRESENT = 1,
	TRACE_STACK_TRUNCATED = 2,
	TRACE_STACK_REUSES = 4,
	TRACE_STACK_SAME_SLOT = 8,   /* as the thread's last snapshot in the block */
	TRACE_STACK_SAME_WORDS = 16, /* as many words as the slot's last snapshot */
	TRACE_STACK_SAME_END = 32,   /* ends at the address where the slot's last snapshot ended */
	TRACE_STACK_ALL_FLAGS = 63,
};

/* Low bits of the register mask column. */
enum {
	TRACE_REGS_SP = 1,    /* the stack pointer is present */
	TRACE_REGS_PC = 2,    /* the program counter is present ... */
	TRACE_REGS_PC_IP = 4, /* ... and equals ip */
	TRACE_REGS_OWN = 7,   /* any of these */
	TRACE_REGS_SHIFT = 3,
};

enum {
	TRACE_MAX_DICT = 65536,    /* values in a block's dictionary */
	TRACE_MAX_THREADS = 65536, /* threads in a block's table */
	TRACE_NEAR_BYTES = 65536,  /* up to here a stack pointer is stored as a distance */
};

#endif
