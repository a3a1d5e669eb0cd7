/*
 * The data of an HTML page, a JSON object of columns: html_data.js reads it.
 */
#ifndef FORMATS_HTML_DATA_H
#define FORMATS_HTML_DATA_H

#include "formats/format.h"
#include "formats/json_writer.h"

enum { HTML_DATA_VERSION = 1 };

/* Adds strings to the profile. Errors of writing stick to the writer. */
MUST_CHECK bool html_data_write(struct json_writer *w, struct profile *p,
	const struct format_options *options, size_t max_rows, struct err *err);

#endif
