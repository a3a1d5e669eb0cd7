/*
 * What a perf.data file says about itself: its events, which sample ids are whose, the machine, the
 * command line, the build-ids of files. In a file this stands in the header and in sections behind
 * the data (perf_file.h finds them); in a pipe it comes as records. Both end here, piece by piece.
 *
 * Each function takes a cursor over one piece and returns false if it is malformed or memory is
 * short; what a piece holds beyond what is known is passed over.
 */
#ifndef REPORT_PERF_HEADER_H
#define REPORT_PERF_HEADER_H

#include "common/trace_event.h"
#include "report/arena.h"
#include "report/perf_desc.h"

struct perf_id {
	uint64_t id;
	uint32_t desc;
};

struct perf_build_id {
	const char *path;
	struct build_id id;
	bool is_kernel;
};

struct perf_update { /* a name for the event with a sample id */
	uint64_t id;
	const char *name;
};

struct perf_pmu {
	uint32_t type;
	const char *name;
};

struct perf_header {
	struct perf_desc *descs;
	size_t n_descs, cap_descs;
	struct perf_id *ids; /* sorted when ids_sorted */
	size_t n_ids, cap_ids;
	bool ids_sorted;
	struct perf_build_id *build_ids;
	size_t n_build_ids, cap_build_ids;
	struct perf_update *updates;
	size_t n_updates, cap_updates;
	struct perf_pmu *pmus;
	size_t n_pmus, cap_pmus;
	const char *host, *kernel, *version, *arch, *cpu_model, *command; /* NULL: not told */
	uint32_t n_cpus;
	bool has_clock; /* at clock_ns of the samples' clock it was real_ns of CLOCK_REALTIME */
	uint64_t clock_ns, real_ns;
	struct arena arena;
};

void perf_header_fini(struct perf_header *h);

MUST_CHECK bool perf_header_attr(struct perf_header *h, struct cursor *c);
MUST_CHECK bool perf_header_add_id(struct perf_header *h, uint64_t id, uint32_t desc);
/* A section (enum PERF_FEAT_*); true for one that is of no use here. */
MUST_CHECK bool perf_header_feature(struct perf_header *h, unsigned int bit, struct cursor *c);
/* A record of the build-id table, behind its record header. */
MUST_CHECK bool perf_header_build_id(struct perf_header *h, uint16_t misc, struct cursor *c);
/* An EVENT_UPDATE record, behind its record header. */
MUST_CHECK bool perf_header_update(struct perf_header *h, struct cursor *c);

/* Gives names to the events that have none. Call when all pieces are in. */
void perf_header_complete(struct perf_header *h);

/* The number of the event with this sample id; false: unknown. */
bool perf_header_find(struct perf_header *h, uint64_t id, uint32_t *ret_desc);
/* NULL: the file does not tell the kernel's build-id. */
const struct build_id *perf_header_kernel_id(const struct perf_header *h);

#endif
