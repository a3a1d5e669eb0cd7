/*
 * What is mapped where in one process at one moment, and the modules (files) that are mapped.
 */
#ifndef REPORT_ADDRESS_SPACE_H
#define REPORT_ADDRESS_SPACE_H

#include "common/trace_event.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum module_kind {
	MODULE_FILE,    /* an ELF file on disk */
	MODULE_VDSO,    /* its image is in the trace */
	MODULE_KERNEL,  /* kernel and its modules, by the symbols in the trace */
	MODULE_ANON,    /* executable memory without a file: JIT code */
	MODULE_SPECIAL, /* "[vsyscall]", "[uprobes]", a device, ...: nothing to read */
};

/* Identity: (kind, path, build-id). One struct per identity in a whole analysis, made by the
 * replay, owned by the module table, immutable but for the parts that are loaded once, on first
 * use. */
struct module {
	uint32_t id;
	enum module_kind kind;
	const char *path;
	struct build_id build_id; /* as recorded */
	/* Load was tried, and what it sets is set: whoever sees true may read it. Stored with
	 * memory_order_release, read with _acquire. */
	atomic_bool loaded;
	struct elf_file *elf;        /* the file itself; NULL: not found, or its build-id differs */
	struct unwind_table *unwind; /* NULL: no elf, or no unwind information in it */
	bool is_stripped;    /* no symbol table, no debug information; known once symbolized */
	const char *problem; /* why elf or unwind is NULL, for the health block; NULL: nothing */
	void *priv;          /* the embedder's */
	uint64_t first_start, first_end; /* of its first mapping in the recording; end 0: none */
	uint64_t first_file_off;
};

struct mapping {
	uint64_t start, end; /* run-time addresses, end exclusive */
	uint64_t file_off;   /* of start */
	struct module *module;
};

/* Sorted by start, not overlapping. All bytes 0: an empty one. */
struct address_space {
	struct mapping *mappings;
	size_t n_mappings;
	size_t cap;
	/* Tells the mappings: two spaces of a process with the same generation, whether they live
	 * at the same time or not, have equal mappings. 0: none. */
	uint64_t generation;
};

/* NULL: nothing executable is mapped there. */
const struct mapping *address_space_find(const struct address_space *space, uint64_t pc);

/* Puts the mapping in, cutting or removing what it overlaps. False: no memory. */
bool address_space_add(struct address_space *space, const struct mapping *mapping);
/* ret_copy is written without looking at what it held. */
bool address_space_copy(struct address_space *ret_copy, const struct address_space *from);
/* Empties the space and frees what it holds; it can be used again. */
void address_space_clear(struct address_space *space);

#endif
