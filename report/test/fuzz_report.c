/*
 * Fuzz entry: any bytes as a trace, through the whole of `ddrec report` to text and folded stacks.
 * The mutator changes the blocks' payloads and puts right checksums around them, so that inputs are
 * traces, and what is found can be given to `ddrec report` as it is.
 */
#include "report/test/run_command.h"
#include "report/test/trace_parts.h"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = { "--folded", "--text" };
	char path[40];
	AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct outcome o = run_command(&command_report, "-q", formats[i], path);
		if (outcome_problem(&o))
			abort();
		outcome_fini(&o);
	}
	return 0;
}

/* Changes one payload, or sometimes the order or the number of the blocks. */
static void mutate(struct trace_parts *parts, unsigned seed)
{
	struct trace_part *part = &parts->list[seed / 16 % parts->n];
	size_t room = part->raw_bytes + 64;
	if (seed % 16 == 0)
		trace_parts_add(parts, &part->block, part->raw, part->raw_bytes);
	else if (seed % 16 == 1)
		trace_parts_remove(parts, seed / 16 % parts->n);
	else if ((part->raw = realloc(part->raw, room)))
		part->raw_bytes = LLVMFuzzerMutate(part->raw, part->raw_bytes, room);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct trace_parts parts;
	AUTO_CLOSE int fd = memfd_create("mutated", MFD_CLOEXEC);
	trace_parts_read(&parts, data, size);
	if (seed % 64 == 2 || !parts.n) {
		trace_parts_fini(&parts);
		return LLVMFuzzerMutate(data, size, max_size);
	}
	mutate(&parts, seed);
	bool ok = fd >= 0 && trace_parts_write(&parts, fd);
	ssize_t n = ok ? pread(fd, data, max_size, 0) : 0;
	trace_parts_fini(&parts);
	return n > 0 ? (size_t)n : size;
}
