/*
 * html.
 */
#include "formats/format.h"

static bool html_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_html = {
	.name = "html",
	.summary = "flame graph, callers and callees, table and time line in one page",
	.default_file = "profile.html",
	.needs_times = true,
	.needs_threads = true,
	.write = html_write,
};
