/*
 * What is added to a trace when the target is gone: build-ids that the kernel did not tell, the
 * vdso, the names of the kernel's addresses. This may take memory and time; nothing is waiting.
 */
#ifndef RECORD_FINISH_H
#define RECORD_FINISH_H

#include "record/drain.h"

MUST_CHECK bool finish_build_ids(
	const struct unidentified *files, struct trace_writer *writer, struct err *err);
MUST_CHECK bool finish_vdso(struct trace_writer *writer, struct err *err);
MUST_CHECK bool finish_kernel_symbols(
	struct address_set *addresses, struct trace_writer *writer, struct err *err);

#endif
