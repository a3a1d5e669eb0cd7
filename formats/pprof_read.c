/*
 * Reading pprof.
 */
#include "formats/import.h"

static bool is_mine(const uint8_t *start, size_t n)
{
	(void)start, (void)n;
	return false;
}

static bool read_profile(const struct import_input *in, struct profile *p, struct err *err)
{
	(void)p;
	return err_set(err, "%s: not read yet", in->name);
}

const struct import_format import_pprof = { "pprof", is_mine, read_profile };
