/*
 * The options that all views of samples share, as rows for their tables of struct option: which
 * samples, and how they are loaded. The offsets are those of the structs in the view's settings.
 */
#ifndef REPORT_VIEW_OPTIONS_H
#define REPORT_VIEW_OPTIONS_H

#include "common/options.h"
#include "formats/profile_filter.h"
#include "report/debug_dirs.h"
#include "report/profile_load.h"

/* at: the offset of a struct profile_filter. */
#define VIEW_FILTER_OPTIONS(at)                                                                    \
	{ 0, "comm", "REGEX", "only threads or processes with REGEX in their name", option_string, \
		(at) + offsetof(struct profile_filter, comm) },                                    \
		{ 0, "pid", "LIST", "only these processes: 12,34", option_string,                  \
			(at) + offsetof(struct profile_filter, pids) },                            \
		{ 0, "tid", "LIST", "only these threads", option_string,                           \
			(at) + offsetof(struct profile_filter, tids) },                            \
	{                                                                                          \
		0, "time", "FROM-TO",                                                              \
			"only this time: seconds since the start (1.5-3) or percent (10%-20%)",    \
			option_string, (at) + offsetof(struct profile_filter, time)                \
	}

/* at: the offset of a struct profile_load_options. */
#define VIEW_LOAD_OPTIONS(at)                                                                  \
	{ 0, "no-demangle", NULL, "show linkage names of C++ and Rust functions", option_flag, \
		(at) + offsetof(struct profile_load_options, no_demangle) },                   \
		{ 0, "event", "NAME", "of a recording with several events: show this one",     \
			option_string, (at) + offsetof(struct profile_load_options, event) },  \
		{ 'j', "jobs", "N", "threads to work with (default: all CPUs)", option_u32,    \
			(at) + offsetof(struct profile_load_options, n_jobs) },                \
		{ 0, "debug-dir", "DIR",                                                       \
			"look for separate debug files in DIR too, before /usr/lib/debug; "    \
			"may be repeated",                                                     \
			debug_dirs_add,                                                        \
			(at) + offsetof(struct profile_load_options, debug_dirs) },            \
	{                                                                                      \
		0, "no-cache", NULL,                                                           \
			"work everything out anew, and keep nothing for the next report",      \
			option_flag, (at) + offsetof(struct profile_load_options, no_cache)    \
	}

#endif
