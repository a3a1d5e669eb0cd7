/*
 * The reader of pprof at work: from the decoded file to the profile. Private to pprof_read.c
 * (values, samples), pprof_read_frames.c (mappings, locations) and pprof_read_meta.c (the rest).
 */
#ifndef FORMATS_PPROF_READER_H
#define FORMATS_PPROF_READER_H

#include "formats/pprof_labels.h"

struct pprof_reader {
	struct pprof_file *f;
	struct profile *p;
	const char *name;
	uint32_t *strings;     /* the profile's, and 1; 0: not yet */
	uint32_t *modules;     /* by mapping */
	uint32_t *frames;      /* runs, the outermost first */
	uint32_t *first_frame; /* by location, and one behind the last */
	size_t n_frames, cap_frames;
	struct pprof_labels labels;
	uint32_t values[64]; /* the profile's value type of each of the file's, or PROFILE_NONE */
	bool adds_count;     /* the profile's first value is not in the file */
	int64_t totals[65];
	uint64_t n_walked; /* frames of samples */
};

/* The profile's string for one of the file's, which is checked. */
uint32_t pprof_reader_string(struct pprof_reader *r, uint64_t string);
const char *pprof_reader_text(struct pprof_reader *r, uint64_t string);

/* false: no memory */
MUST_CHECK bool pprof_reader_add_modules(struct pprof_reader *r);
MUST_CHECK bool pprof_reader_add_locations(struct pprof_reader *r);

/* After the value types. */
void pprof_reader_add_meta(struct pprof_reader *r);

#endif
