/*
 * What --verbose tells on stderr: of each module that samples are in, what was found for it, and
 * how long the phases of the work took.
 *
 *	struct verbose verbose = verbose_start(settings->verbose);
 *	... work ...
 *	verbose_phase(&verbose, "reading events");
 */
#ifndef REPORT_VERBOSE_H
#define REPORT_VERBOSE_H

#include "report/address_space.h"
#include "report/symbol_source.h"

#include <stdbool.h>
#include <stdint.h>

struct cache;

struct verbose {
	bool enabled;
	uint64_t since_ns; /* when the phase at work began */
};

struct verbose verbose_start(bool enabled);
/* Tells what took the time since the last phase, and begins the next. */
void verbose_phase(struct verbose *verbose, const char *what);
/* Fits profile_build_options.module; ctx is a struct verbose. notes: NULL without a file. */
void verbose_module(void *ctx, const struct module *m, const struct symbol_notes *notes);

/* Tells what the cache had; NULL: nothing. */
void verbose_cache(const struct verbose *verbose, struct cache *cache);

#endif
