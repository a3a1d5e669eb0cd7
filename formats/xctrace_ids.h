/*
 * What the ids of an xctrace export stand for: elements are written once with an id, and then
 * referred to. Ids are numbers, or any other text in what people write by hand.
 */
#ifndef FORMATS_XCTRACE_IDS_H
#define FORMATS_XCTRACE_IDS_H

#include "formats/intern.h"

struct xctrace_id {
	uint64_t id;
	uint64_t value;
	const void *element; /* what kind of element it is; only compared */
};

struct xctrace_ids {
	struct intern index;
	struct xctrace_id *ids;
	size_t n, cap;
	uint64_t seed;
};

void xctrace_ids_fini(struct xctrace_ids *t);
/* The number for an id's text. */
uint64_t xctrace_id_of(const struct xctrace_ids *t, const char *text, size_t len);
/* A second definition takes the place of the first. false: no memory */
MUST_CHECK bool xctrace_ids_define(struct xctrace_ids *t, const struct xctrace_id *id);
/* NULL: not defined. */
const struct xctrace_id *xctrace_ids_find(const struct xctrace_ids *t, uint64_t id);

#endif
