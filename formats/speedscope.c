/*
 * speedscope.
 */
#include "formats/format.h"

static bool speedscope_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_speedscope = {
	.name = "speedscope",
	.summary = "for speedscope.app",
	.default_file = "profile.speedscope.json",
	.needs_threads = true,
	.needs_addresses = true,
	.write = speedscope_write,
};
