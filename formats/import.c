/*
 * The list of formats that are read: a new one is a file and a line here.
 */
#include "formats/import.h"

static const struct import_format *const import_formats[] = {
	&import_pprof,
	&import_xctrace,
	&import_folded,
};

const struct import_format *import_find(const uint8_t *start, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(import_formats); i++)
		if (import_formats[i]->is_mine(start, n))
			return import_formats[i];
	return NULL;
}
