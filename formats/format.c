/*
 * The list of formats: a new one is a file and a line here.
 */
#include "formats/format.h"

#include <string.h>

const struct format *const formats[] = {
	&format_text,
	&format_folded,
	&format_flamegraph,
	&format_html,
	&format_pprof,
	&format_firefox,
	&format_speedscope,
	&format_instruments,
	&format_callgrind,
	&format_perf_script,
	&format_json,
	NULL,
};

const struct format *format_find(const char *name)
{
	for (size_t i = 0; formats[i]; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}
