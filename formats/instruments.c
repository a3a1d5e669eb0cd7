/*
 * instruments.
 */
#include "formats/format.h"

static bool instruments_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_instruments = {
	.name = "instruments",
	.summary = "the XML of `xctrace export`; =deepcopy: the call tree as text",
	.default_file = "profile.xctrace.xml",
	.variants = "deepcopy",
	.needs_times = true,
	.needs_threads = true,
	.needs_addresses = true,
	.write = instruments_write,
};
