/*
 * pprof.
 */
#include "formats/format.h"

static bool pprof_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_pprof = {
	.name = "pprof",
	.summary = "for `go tool pprof` and what reads its profiles",
	.default_file = "profile.pb.gz",
	.needs_threads = true,
	.needs_addresses = true,
	.is_binary = true,
	.write = pprof_write,
};
