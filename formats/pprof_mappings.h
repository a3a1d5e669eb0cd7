/*
 * The mappings of a pprof file: one for each module that has locations, the main program first, the
 * others by first use. Every location's address lies in its mapping.
 *
 * A module with a place has that, widened where a location lies outside: in a second segment of the
 * same file. One without has a range around its addresses; where another's range is there already,
 * range and addresses are shifted to where nothing is. Without addresses it is from 0 to 0.
 */
#ifndef FORMATS_PPROF_MAPPINGS_H
#define FORMATS_PPROF_MAPPINGS_H

#include "formats/pprof_tables.h"

struct pprof_mapping {
	uint32_t module;
	uint64_t start, limit, file_off;
	uint64_t shift; /* to add to the addresses of its locations */
	bool has_functions, has_filenames, has_line_numbers, has_inline_frames;
};

struct pprof_mappings {
	struct pprof_mapping *mappings;
	size_t n;
	uint32_t *of_module; /* index and 1; 0: none */
};

/* counts[stack of the tables]: how many samples end there. false: no memory */
MUST_CHECK bool pprof_mappings_build(
	struct pprof_mappings *m, const struct pprof_tables *t, const uint64_t *counts);
void pprof_mappings_fini(struct pprof_mappings *m);

#endif
