/*
 * The numbers of perf.data that <linux/perf_event.h> does not have: perf's own records and the
 * sections of its header (Linux, tools/perf/Documentation/perf.data-file-format.txt), and what
 * later kernels added to theirs (include/uapi/linux/perf_event.h of Linux 6.19).
 */
#ifndef REPORT_PERF_FORMAT_H
#define REPORT_PERF_FORMAT_H

#include <linux/perf_event.h>

#define PERF_FILE_MAGIC "PERFILE2"
#define PERF_FILE_MAGIC_SWAPPED "2ELIFREP" /* written on a big-endian machine */
#define PERF_FILE_MAGIC_OLD "PERFFILE"     /* before 2009 */

enum {
	PERF_PIPE_HEADER_BYTES = 16,
	PERF_FILE_HEADER_BYTES = 104,
	PERF_RECORD_HEADER_BYTES = 8,
	PERF_MAX_RECORD_BYTES = 65535,
	PERF_ATTR_MIN_BYTES = 64, /* PERF_ATTR_SIZE_VER0 */
};

/* The kernel's records that an older header may not know. */
enum {
	PERF_DATA_CALLCHAIN_DEFERRED = 22, /* u64 cookie, nr, ips[nr] */
};

/* perf's own records. */
enum {
	PERF_DATA_HEADER_ATTR = 64,
	PERF_DATA_EVENT_TYPE = 65,
	PERF_DATA_TRACING_DATA = 66, /* in a pipe its bytes follow behind the record */
	PERF_DATA_BUILD_ID = 67,
	PERF_DATA_FINISHED_ROUND = 68,
	PERF_DATA_ID_INDEX = 69,
	PERF_DATA_AUXTRACE_INFO = 70,
	PERF_DATA_AUXTRACE = 71, /* its bytes follow behind the record */
	PERF_DATA_AUXTRACE_ERROR = 72,
	PERF_DATA_THREAD_MAP = 73,
	PERF_DATA_CPU_MAP = 74,
	PERF_DATA_STAT_CONFIG = 75,
	PERF_DATA_STAT = 76,
	PERF_DATA_STAT_ROUND = 77,
	PERF_DATA_EVENT_UPDATE = 78,
	PERF_DATA_TIME_CONV = 79,
	PERF_DATA_FEATURE = 80,
	PERF_DATA_COMPRESSED = 81,
	PERF_DATA_FINISHED_INIT = 82,
	PERF_DATA_COMPRESSED2 = 83, /* u64 data_size, the data, padding */
	PERF_DATA_BPF_METADATA = 84,
	PERF_DATA_SCHEDSTAT_CPU = 85,
	PERF_DATA_SCHEDSTAT_DOMAIN = 86,
};

/* Bits of attr.flags, the word of bit fields behind read_format. */
enum {
	PERF_FLAG_EXCLUDE_USER = 4,
	PERF_FLAG_EXCLUDE_KERNEL = 5,
	PERF_FLAG_FREQ = 10,
	PERF_FLAG_SAMPLE_ID_ALL = 18,
	PERF_FLAG_EXCLUDE_CALLCHAIN_KERNEL = 21,
	PERF_FLAG_USE_CLOCKID = 25,
	PERF_FLAG_BUILD_ID = 34,
	PERF_FLAG_DEFER_CALLCHAIN = 38,
};

/* Markers in call chains. */
#define PERF_CHAIN_USER_DEFERRED ((uint64_t)-640) /* then a cookie */

#define PERF_BRANCH_COUNTERS (UINT64_C(1) << 19) /* of branch_sample_type */
#define PERF_READ_LOST (UINT64_C(1) << 4)        /* of read_format */

/* Of header.misc: the build-id's size stands behind it; the lost samples were filtered by BPF. */
enum { PERF_MISC_BUILD_ID_SIZE = 1 << 15, PERF_MISC_LOST_BY_FILTER = 1 << 15 };

/* The sections of the header, by their bit. */
enum {
	PERF_FEAT_BUILD_ID = 2,
	PERF_FEAT_HOSTNAME = 3,
	PERF_FEAT_OSRELEASE = 4,
	PERF_FEAT_VERSION = 5,
	PERF_FEAT_ARCH = 6,
	PERF_FEAT_NRCPUS = 7,
	PERF_FEAT_CPUDESC = 8,
	PERF_FEAT_CMDLINE = 11,
	PERF_FEAT_EVENT_DESC = 12,
	PERF_FEAT_PMU_MAPPINGS = 16,
	PERF_FEAT_CLOCK_DATA = 29,
	PERF_N_FEATS = 256,
};

#endif
