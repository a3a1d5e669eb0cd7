/* See vdso.h. The image's size comes from /proc/self/maps: the ELF headers do not tell it all. */
#include "common/vdso.h"

#include "common/defs.h"
#include "common/elf_note.h"

#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

enum { VDSO_MAX_BYTES = 1 << 20 };

static size_t mapping_bytes(uintptr_t wanted)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	AUTO_FREE char *line = NULL;
	size_t line_size = 0, bytes = 0;
	while (maps && bytes == 0 && getline(&line, &line_size, maps) > 0) {
		unsigned long start, end;
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start == wanted)
			bytes = end - start;
	}
	if (maps)
		fclose(maps);
	return bytes;
}

bool vdso_get(struct trace_file *ret_file)
{
	uintptr_t start = getauxval(AT_SYSINFO_EHDR);
	if (!start)
		return false;
	size_t bytes = mapping_bytes(start);
	if (bytes == 0 || bytes > VDSO_MAX_BYTES)
		return false;
	*ret_file = (struct trace_file){
		.kind = TRACE_FILE_VDSO,
		.name = "[vdso]",
		.data = (const uint8_t *)start,
		.size_bytes = bytes,
	};
	/* Without a build-id it is still found by its name. */
	(void)elf_note_build_id(ret_file->data, bytes, &ret_file->build_id);
	return true;
}
