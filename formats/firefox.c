/*
 * firefox.
 */
#include "formats/format.h"

static bool firefox_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_firefox = {
	.name = "firefox",
	.summary = "for profiler.firefox.com",
	.default_file = "profile.json",
	.needs_times = true,
	.needs_threads = true,
	.needs_addresses = true,
	.write = firefox_write,
};
