/* See perf_kernel.h. */
#include "report/perf_kernel.h"

#include "common/build_id.h"
#include "common/elf_note.h"
#include "common/kallsyms.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

enum { NOTES_BYTES = 4096 };

/* perf calls it "[kernel.kallsyms]_text": the symbol behind the bracket lies at the offset. */
void perf_kernel_note(struct perf_kernel *kernel, const struct trace_mmap *mmap)
{
	static const char prefix[] = "[kernel.kallsyms]";
	if (strncmp(mmap->path, prefix, sizeof(prefix) - 1) != 0)
		return;
	const char *symbol = mmap->path + sizeof(prefix) - 1;
	if (!*symbol || strlen(symbol) >= sizeof(kernel->symbol))
		return;
	strcpy(kernel->symbol, symbol);
	kernel->address = mmap->file_off;
}

static bool read_our_build_id(struct build_id *ret_id)
{
	uint8_t notes[NOTES_BYTES];
	AUTO_CLOSE int fd = open("/sys/kernel/notes", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, notes, sizeof(notes)) : -1;
	return n > 0 && elf_note_build_id_of_notes(notes, (size_t)n, ret_id);
}

static bool is_same_build(const struct perf_header *h)
{
	const struct build_id *recorded = perf_header_kernel_id(h);
	struct build_id ours = { 0 };
	struct utsname name;
	if (recorded)
		return read_our_build_id(&ours) && build_id_equal(&ours, recorded);
	return uname(&name) == 0 && strcmp(name.release, h->kernel) == 0 &&
		strcmp(name.nodename, h->host) == 0;
}

/* Where the symbol lies here; 0: this machine hides that. The kernel's symbols come first and in
 * order, so that beyond the address wanted it need not be looked for: UINT64_MAX. */
static uint64_t find_our_symbol(const char *wanted, uint64_t address)
{
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	uint64_t found = UINT64_MAX;
	FILE *file = fopen("/proc/kallsyms", "re");
	while (file && found == UINT64_MAX && getline(&line, &size, file) > 0) {
		unsigned long long at;
		char name[64];
		if (sscanf(line, "%llx %*c %63s", &at, name) != 2)
			continue;
		if (at > address)
			break;
		if (strcmp(name, wanted) == 0)
			found = at;
	}
	if (file)
		fclose(file);
	return file ? found : 0;
}

bool perf_kernel_is_ours(
	const struct perf_kernel *kernel, const struct perf_header *h, const char **ret_why)
{
	*ret_why = NULL;
	if (!kernel->symbol[0]) {
		*ret_why = "the file does not tell where the kernel lay";
	} else if (!perf_header_kernel_id(h) && !(h->kernel && h->host)) {
		*ret_why = "the file does not tell which kernel was recorded";
	} else if (!is_same_build(h)) {
		*ret_why = "another kernel runs here than was recorded";
	} else {
		uint64_t here = find_our_symbol(kernel->symbol, kernel->address);
		if (!here)
			*ret_why = "this machine does not show its kernel's addresses "
				   "(/proc/sys/kernel/kptr_restrict)";
		else if (here != kernel->address)
			*ret_why = "the machine was started anew since";
	}
	return !*ret_why;
}

bool perf_kernel_symbols(
	const uint64_t *addresses, size_t n, const struct input_sink *sink, struct err *err)
{
	struct kallsyms found;
	FILE *file = fopen("/proc/kallsyms", "re");
	if (!file)
		return true;
	bool ok = kallsyms_read(file, addresses, n, &found, err);
	fclose(file);
	if (!ok)
		return false;
	for (size_t i = 0; ok && i < found.n; i++)
		ok = sink->kernel_symbol(sink->ctx, &found.symbols[i], err);
	kallsyms_fini(&found);
	return ok;
}
