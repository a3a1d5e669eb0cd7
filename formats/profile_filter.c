/*
 * Filters: see profile_filter.h.
 *
 * Each condition clears elements of one keep[] array, one per entry of the table of samples.
 * Function names are matched once per function, then "some frame matches" is carried down the stack
 * tree once per stack, so a regular expression costs per function and not per sample.
 */
#include "formats/profile_filter.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

static void auto_regfree_ptr(regex_t *regex)
{
	regfree(regex);
}

static bool compile(const char *option, const char *pattern, regex_t *ret_regex, struct err *err)
{
	int status = regcomp(ret_regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (!status)
		return true;
	char why[128];
	regerror(status, ret_regex, why, sizeof why);
	memset(ret_regex, 0, sizeof *ret_regex);
	return err_set(err, "%s: '%s' is not a regular expression: %s", option, pattern, why);
}

static bool matches(const regex_t *regex, const struct profile *p, uint32_t string)
{
	return !regexec(regex, profile_string(p, string), 0, NULL, 0);
}

static bool filter_comm(struct profile *p, const char *pattern, bool *keep, struct err *err)
{
	AUTO(auto_regfree) regex_t regex = { 0 };
	if (!compile("--comm", pattern, &regex, err))
		return false;
	AUTO_FREE bool *wanted = calloc(p->n_threads + 1, sizeof *wanted);
	if (!wanted)
		return err_set(err, "--comm: out of memory");
	for (size_t i = 0; i < p->n_threads; i++)
		wanted[i] = matches(&regex, p, p->threads[i].name) ||
			matches(&regex, p, p->threads[i].process_name);
	for (size_t i = 0; i < p->n_samples; i++)
		keep[i] &= wanted[MIN((size_t)p->samples[i].thread, p->n_threads)];
	return true;
}

/* One number of a list "12,34"; moves *at past it and the comma behind it. */
static bool next_id(const char **at, uint32_t *ret_id)
{
	const char *from = *at;
	uint64_t id = 0;
	size_t n = 0;
	for (; isdigit((unsigned char)from[n]) && id <= UINT32_MAX; n++)
		id = id * 10 + (uint64_t)(from[n] - '0');
	bool ends = from[n] == '\0' || (from[n] == ',' && from[n + 1] != '\0');
	if (!n || !ends || id > UINT32_MAX)
		return false;
	*at = from + n + (from[n] == ',');
	*ret_id = (uint32_t)id;
	return true;
}

static bool check_ids(const char *option, const char *what, const char *list, struct err *err)
{
	const char *at = list;
	uint32_t id;
	do {
		if (!next_id(&at, &id))
			return err_set(err, "%s: '%s' is not a list of %s ids", option, list, what);
	} while (*at);
	return true;
}

/* list has been checked; offset is that of the id in struct profile_thread. */
static bool filter_ids(
	struct profile *p, const char *list, size_t offset, bool *keep, struct err *err)
{
	AUTO_FREE bool *wanted = calloc(p->n_threads + 1, sizeof *wanted);
	if (!wanted)
		return err_set(err, "filters: out of memory");
	uint32_t id;
	for (const char *at = list; *at && next_id(&at, &id);)
		for (size_t i = 0; i < p->n_threads; i++)
			wanted[i] |=
				*(const uint32_t *)((const char *)&p->threads[i] + offset) == id;
	for (size_t i = 0; i < p->n_samples; i++)
		keep[i] &= wanted[MIN((size_t)p->samples[i].thread, p->n_threads)];
	return true;
}

/* Keeps the samples for which "some frame's function matches" is wanted. */
static bool filter_functions(struct profile *p, const char *option, const char *pattern,
	bool wanted, bool *keep, struct err *err)
{
	AUTO(auto_regfree) regex_t regex = { 0 };
	if (!compile(option, pattern, &regex, err))
		return false;
	AUTO_FREE bool *function = calloc(p->n_functions + 1, sizeof *function);
	AUTO_FREE bool *stack = calloc(p->n_stacks + 1, sizeof *stack);
	if (!function || !stack)
		return err_set(err, "%s: out of memory", option);
	for (size_t i = 0; i < p->n_functions; i++)
		function[i] = matches(&regex, p, p->functions[i].name);
	for (size_t i = 0; i < p->n_stacks; i++) {
		uint32_t parent = p->stacks[i].parent;
		stack[i] = function[p->frames[p->stacks[i].frame].function] ||
			(parent != PROFILE_NO_STACK && stack[parent]);
	}
	for (size_t i = 0; i < p->n_samples; i++) {
		uint32_t leaf = p->samples[i].stack;
		keep[i] &= (leaf != PROFILE_NO_STACK && stack[leaf]) == wanted;
	}
	return true;
}

static uint64_t profile_duration_ns(const struct profile *p)
{
	uint64_t duration = p->meta.duration_ns;
	for (size_t i = 0; i < p->n_samples; i++)
		duration = MAX(duration, p->samples[i].time_ns + 1);
	return duration;
}

struct moment {
	double number; /* seconds, or percent of the whole */
	bool is_percent;
};

static const struct moment at_the_start = { 0, false };
static const struct moment at_the_end = { 1e10, false };

/* A plain decimal number at *at ("1", "1.5", ".5"), with '%' for a share of the whole. */
static bool parse_moment(const char **at, struct moment *ret)
{
	size_t n = strspn(*at, "0123456789.");
	char digits[32];
	if (!n || n >= sizeof digits)
		return false;
	memcpy(digits, *at, n);
	digits[n] = '\0';
	char *end;
	double number = strtod(digits, &end);
	if (*end || end == digits)
		return false;
	*at += n;
	bool is_percent = **at == '%';
	*at += is_percent;
	*ret = (struct moment){ number, is_percent };
	return number <= (is_percent ? 100 : 1e9);
}

/* Seconds and percent can only be compared once the duration is known. */
static bool parse_range(const char *range, struct moment *ret_from, struct moment *ret_to)
{
	struct moment from = at_the_start, to = at_the_end;
	const char *at = range;
	if (*at != '-' && !parse_moment(&at, &from))
		return false;
	if (*at != '-' || (at == range && !at[1]))
		return false;
	at++;
	if (*at && !parse_moment(&at, &to))
		return false;
	if (*at || (from.is_percent == to.is_percent && from.number >= to.number))
		return false;
	*ret_from = from;
	*ret_to = to;
	return true;
}

static bool check_time(const char *range, struct err *err)
{
	struct moment from, to;
	return parse_range(range, &from, &to) ||
		err_set(err,
			"--time: '%s' is not a range; write FROM-TO in seconds (1.5-3, -10, 2-) or "
			"percent (10%%-20%%)",
			range);
}

static uint64_t moment_ns(const struct moment *m, uint64_t duration_ns)
{
	return (uint64_t)(m->is_percent ? m->number / 100 * (double)duration_ns : m->number * 1e9);
}

/* range has been checked. */
static void filter_time(struct profile *p, const char *range, bool *keep)
{
	struct moment from = at_the_start, to = at_the_end;
	if (!parse_range(range, &from, &to))
		return;
	uint64_t duration_ns = profile_duration_ns(p);
	uint64_t from_ns = moment_ns(&from, duration_ns), to_ns = moment_ns(&to, duration_ns);
	bool is_open = to.number == at_the_end.number;
	for (size_t i = 0; i < p->n_samples; i++)
		keep[i] &= p->samples[i].time_ns >= from_ns &&
			(is_open || p->samples[i].time_ns < to_ns);
}

static bool check_regex(const char *option, const char *pattern, struct err *err)
{
	AUTO(auto_regfree) regex_t regex = { 0 };
	return compile(option, pattern, &regex, err);
}

bool profile_filter_check(const struct profile_filter *filter, struct err *err)
{
	return (!filter->comm || check_regex("--comm", filter->comm, err)) &&
		(!filter->pids || check_ids("--pid", "process", filter->pids, err)) &&
		(!filter->tids || check_ids("--tid", "thread", filter->tids, err)) &&
		(!filter->focus || check_regex("--focus", filter->focus, err)) &&
		(!filter->ignore || check_regex("--ignore", filter->ignore, err)) &&
		(!filter->time || check_time(filter->time, err));
}

bool profile_filter_apply(struct profile *p, const struct profile_filter *filter, struct err *err)
{
	if (!profile_filter_check(filter, err))
		return false;
	if (filter->time && !p->has_times)
		return err_set(err, "--time: the profile has no times");
	AUTO_FREE bool *keep = malloc(p->n_samples + 1);
	if (!keep)
		return err_set(err, "filters: out of memory");
	memset(keep, true, p->n_samples + 1);
	const size_t pid = offsetof(struct profile_thread, pid);
	const size_t tid = offsetof(struct profile_thread, tid);
	bool ok = (!filter->comm || filter_comm(p, filter->comm, keep, err)) &&
		(!filter->pids || filter_ids(p, filter->pids, pid, keep, err)) &&
		(!filter->tids || filter_ids(p, filter->tids, tid, keep, err)) &&
		(!filter->focus ||
			filter_functions(p, "--focus", filter->focus, true, keep, err)) &&
		(!filter->ignore ||
			filter_functions(p, "--ignore", filter->ignore, false, keep, err));
	if (!ok)
		return false;
	if (filter->time)
		filter_time(p, filter->time, keep);
	profile_keep_samples(p, keep);
	return true;
}
