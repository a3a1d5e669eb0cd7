/*
 * Names for the kernel's addresses in a perf.data file, which has none itself: those of the kernel
 * that runs here, if it is the very one that was recorded, since the same boot. That is so if the
 * build-id is the same (or, where the file has none, host and release) and a symbol of the kernel
 * lies where it lay.
 */
#ifndef REPORT_PERF_KERNEL_H
#define REPORT_PERF_KERNEL_H

#include "report/input.h"
#include "report/perf_header.h"

/* Where a symbol of the kernel lay: from the mapping that perf makes up for the kernel. */
struct perf_kernel {
	char symbol[32]; /* "": not told */
	uint64_t address;
};

/* Takes note of a mapping of the kernel's. */
void perf_kernel_note(struct perf_kernel *kernel, const struct trace_mmap *mmap);

/* Is it the one that runs here? If not, *ret_why is half a sentence that tells why. */
bool perf_kernel_is_ours(
	const struct perf_kernel *kernel, const struct perf_header *h, const char **ret_why);

/* addresses: sorted. */
MUST_CHECK bool perf_kernel_symbols(
	const uint64_t *addresses, size_t n, const struct input_sink *sink, struct err *err);

#endif
