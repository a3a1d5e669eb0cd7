/*
 * What the outputs for readers of Apple's Instruments share: which table a profile becomes, and
 * what a sample weighs. instruments.c is the format, instruments_xml.c writes the table,
 * instruments_toc.c the table of contents, deepcopy.c the call tree as text.
 *
 *	time-profile       weights are CPU time; also for profiles that count samples alone
 *	cpu-profile        weights are cycles
 *	counters-profile   weights are another event
 */
#ifndef FORMATS_INSTRUMENTS_H
#define FORMATS_INSTRUMENTS_H

#include "formats/format.h"

enum instruments_unit { INSTRUMENTS_NS, INSTRUMENTS_CYCLES, INSTRUMENTS_EVENTS };

enum { INSTRUMENTS_COLUMNS_MAX = 8 };

struct instruments_column {
	const char *mnemonic, *name, *type; /* name NULL: that of the event */
};

struct instruments_schema {
	const char *name;
	const char *weight; /* the element that holds it */
	struct instruments_column columns[INSTRUMENTS_COLUMNS_MAX];
};

/* What a sample weighs in a profile. */
struct instruments_weight {
	enum instruments_unit unit;
	const struct instruments_schema *schema;
	const char *event;   /* the name of what is counted */
	size_t value;        /* the value type that is shared out; 0: each sample weighs each_ns */
	int64_t scale;       /* from the value type's unit to ns; else 1 */
	uint64_t each_ns;    /* the sampling period, 1 ms where it is not known */
	uint64_t per_sample; /* on average */
};

struct instruments_weight instruments_weight_of(
	const struct profile *p, const struct format_options *options);
/* The weight of an entry: of all its samples. */
int64_t instruments_entry_weight(
	const struct profile *p, const struct instruments_weight *weight, size_t entry);
/* The name that calls a process without one. */
const char *instruments_process_name(const struct profile *p, uint32_t thread);

MUST_CHECK bool instruments_xml_write(
	const struct profile *p, const struct format_options *options, FILE *out, struct err *err);
MUST_CHECK bool instruments_toc_write(
	const struct profile *p, const struct format_options *options, FILE *out, struct err *err);

#endif
