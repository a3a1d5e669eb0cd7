/*
 * callgrind.
 */
#include "formats/format.h"

static bool callgrind_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_callgrind = {
	.name = "callgrind",
	.summary = "for callgrind_annotate and KCachegrind",
	.default_file = "callgrind.out.ddrec",
	.needs_addresses = true,
	.write = callgrind_write,
};
