/*
 * perf-script.
 */
#include "formats/format.h"

static bool perf_script_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_perf_script = {
	.name = "perf-script",
	.summary = "the text of `perf script`",
	.needs_times = true,
	.needs_threads = true,
	.needs_addresses = true,
	.write = perf_script_write,
};
