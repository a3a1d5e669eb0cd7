/*
 * The parts of the JSON report, docs/json.md. Private to json*.c, but not to json_writer.c.
 */
#ifndef FORMATS_JSON_REPORT_H
#define FORMATS_JSON_REPORT_H

#include "formats/format.h"
#include "formats/json_writer.h"

struct json_report {
	struct json_writer w;
	struct profile *p;
	const struct format_options *options;
	int64_t total; /* of the value shown */
};

/* A key and a string of the profile. */
void json_report_string(struct json_report *r, const char *key, uint32_t string);
void json_report_count(struct json_report *r, const char *key, uint64_t n);
void json_report_kind(struct json_report *r, enum profile_kind kind);

/* "meta" and "health". (json_head.c) */
void json_report_meta(struct json_report *r);
void json_report_health(struct json_report *r);

/* "modules" and "functions" with their counts. (json_tables.c) */
MUST_CHECK bool json_report_modules(struct json_report *r, struct err *err);
MUST_CHECK bool json_report_functions(struct json_report *r, struct err *err);

/* "tree". (json_tree.c) */
MUST_CHECK bool json_report_tree(struct json_report *r, struct err *err);

#endif
