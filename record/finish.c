/* See finish.h. */
#include "record/finish.h"

#include "common/clock.h"
#include "common/elf_note.h"
#include "common/kallsyms.h"
#include "common/vdso.h"

#include <stdio.h>

bool finish_build_ids(
	const struct unidentified *files, struct trace_writer *writer, struct err *err)
{
	struct trace_event event = {
		.kind = TRACE_BUILD_ID,
		.time_ns = clock_now_ns(CLOCK_MONOTONIC),
	};
	for (uint32_t i = 0; i < UNIDENTIFIED_BUCKETS; i++) {
		uint64_t inode;
		event.build_id.path = unidentified_find(files, i, &inode);
		if (!event.build_id.path ||
			!elf_note_build_id_of_file(event.build_id.path, inode, &event.build_id.id))
			continue;
		if (!trace_writer_event(writer, &event, err))
			return false;
	}
	return true;
}

bool finish_vdso(struct trace_writer *writer, struct err *err)
{
	struct trace_file file;
	return !vdso_get(&file) || trace_writer_file(writer, &file, err);
}

bool finish_kernel_symbols(
	struct address_set *addresses, struct trace_writer *writer, struct err *err)
{
	struct kallsyms symbols;
	if (addresses->n == 0)
		return true;
	FILE *file = fopen("/proc/kallsyms", "re");
	if (!file)
		return true;
	static char buffer[1 << 16]; /* with its own 1 KiB, stdio takes four times the calls */
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	address_set_sort(addresses);
	bool ok = kallsyms_read(file, addresses->addresses, addresses->n, &symbols, err);
	fclose(file);
	if (!ok)
		return false;
	ok = symbols.n == 0 || trace_writer_kernel_symbols(writer, symbols.symbols, symbols.n, err);
	kallsyms_fini(&symbols);
	return ok;
}
