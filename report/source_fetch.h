/*
 * Source files from debuginfod servers, through elfutils' libdebuginfod. The servers are those of
 * $DEBUGINFOD_URLS, which the library reads, with all its other settings and its cache.
 *
 * The library brings libcurl and a dozen more with it. Programs should not load these for what
 * hardly anybody asks for, so it is opened when it is needed, as libdw does, too.
 */
#ifndef REPORT_SOURCE_FETCH_H
#define REPORT_SOURCE_FETCH_H

#include "common/err.h"
#include "common/trace_event.h"

struct source_fetch;

/* False: no library, or no servers are set. */
MUST_CHECK bool source_fetch_new(struct source_fetch **ret_fetch, struct err *err);
void source_fetch_free(struct source_fetch *f);
DEFINE_AUTO(struct source_fetch *, source_fetch_free);

/* A descriptor to read from, or -1. May take as long as the servers do. */
int source_fetch_open(struct source_fetch *f, const struct build_id *build_id, const char *path);

#endif
