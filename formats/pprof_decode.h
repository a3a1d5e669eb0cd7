/*
 * A pprof file decoded: its tables as they are in it, checked, so that all that refers to another
 * is an index of it. Samples stay in the file and are decoded one by one.
 *
 * The file is foreign. Tables have limits; every string index and id is checked once, here; errors
 * name the file and the offset in it, unpacked.
 */
#ifndef FORMATS_PPROF_DECODE_H
#define FORMATS_PPROF_DECODE_H

#include "common/err.h"
#include "formats/intern.h"
#include "formats/protobuf.h"

enum { PPROF_NONE = UINT32_MAX }; /* no mapping */

struct pprof_file_string {
	uint32_t offset, len;
};

struct pprof_file_value_type {
	uint64_t type, unit; /* strings */
};

struct pprof_file_mapping {
	uint64_t id, start, limit, file_off, filename, build_id;
	uint32_t offset; /* where it stands */
};

struct pprof_file_function {
	uint64_t id, name, system_name, filename;
	uint32_t offset;
};

struct pprof_file_line {
	uint64_t function; /* the id, then the index */
	uint64_t line;
};

struct pprof_file_location {
	uint64_t id, mapping, address; /* mapping: the id, then the index or PPROF_NONE */
	uint32_t first_line, n_lines;
	uint32_t offset;
};

struct pprof_file_label {
	uint64_t key, str, num; /* key and str are checked strings */
};

/* One sample; its arrays are used again for the next. */
struct pprof_file_sample {
	uint32_t *locations; /* indices, leaf first */
	int64_t *values;     /* one for each value type */
	struct pprof_file_label *labels;
	size_t n_locations, n_values, n_labels;
	size_t cap_locations, cap_values, cap_labels;
	size_t offset;
};

struct pprof_file {
	const char *name;
	const struct buf *data;
	struct pprof_file_string *strings;
	struct pprof_file_value_type *value_types;
	struct pprof_file_mapping *mappings;
	struct pprof_file_function *functions;
	struct pprof_file_line *lines;
	struct pprof_file_location *locations;
	uint64_t *comments; /* strings */
	size_t n_strings, n_value_types, n_mappings, n_functions, n_lines, n_locations, n_comments;
	size_t cap_strings, cap_value_types, cap_mappings, cap_functions, cap_lines, cap_locations,
		cap_comments;
	struct intern mapping_ids, function_ids, location_ids;
	struct pprof_file_value_type period_type;
	uint64_t default_type; /* string */
	uint64_t time_ns, duration_ns, period, n_samples;
	bool drops_frames; /* has drop_frames or keep_frames */
};

/* All but the samples. The data must outlive the file. */
MUST_CHECK bool pprof_decode(
	struct pprof_file *f, const struct buf *data, const char *name, struct err *err);
void pprof_file_fini(struct pprof_file *f);
static inline void auto_pprof_file_ptr(struct pprof_file *f)
{
	pprof_file_fini(f);
}

/* For pprof_sample.c: the offset in the data; errors, which are false; the index, or PPROF_NONE. */
size_t pprof_offset(const struct pprof_file *f, const uint8_t *at);
bool pprof_malformed(const struct pprof_file *f, const struct cursor *c, struct err *err);
MUST_CHECK bool pprof_check_string(const struct pprof_file *f, uint64_t string, const char *what,
	size_t offset, struct err *err);
uint32_t pprof_find_location(const struct pprof_file *f, uint64_t id);

/* The next sample at the cursor, which starts as pprof_samples(f); false with err->text empty: no
 * more. err->text must be empty before. */
struct cursor pprof_samples(const struct pprof_file *f);
bool pprof_next_sample(const struct pprof_file *f, struct cursor *at, struct pprof_file_sample *ret,
	struct err *err);
void pprof_file_sample_fini(struct pprof_file_sample *s);
static inline void auto_pprof_file_sample_ptr(struct pprof_file_sample *s)
{
	pprof_file_sample_fini(s);
}

#endif
