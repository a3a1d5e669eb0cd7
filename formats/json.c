/*
 * json.
 */
#include "formats/format.h"

static bool json_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	(void)p, (void)options, (void)out;
	return err_set(err, "not written yet");
}

const struct format format_json = {
	.name = "json",
	.summary = "what --text shows, for scripts",

	.write = json_write,
};
