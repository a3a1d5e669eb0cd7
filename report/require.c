/*
 * Conditions on quality: see require.h. A condition is NAME OP NUMBER; the names are a table.
 */
#include "report/require.h"

#include <math.h>
#include <string.h>

struct metric {
	const char *name;
	double (*value)(const struct profile_health *health); /* NAN: not known */
};

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static double complete(const struct profile_health *h)
{
	if (h->is_untold)
		return NAN;
	if (h->n_user_stacks)
		return percent(h->n_complete, h->n_user_stacks);
	return h->n_chains || h->n_addresses ? NAN : 100;
}

static double guessed(const struct profile_health *h)
{
	return h->is_untold ? NAN : percent(h->n_guessed, h->n_user_stacks);
}

static double lost(const struct profile_health *h)
{
	return h->is_untold ? NAN : percent(h->n_lost, h->n_lost + h->n_samples);
}

static double samples(const struct profile_health *h)
{
	return (double)h->n_samples;
}

static const struct metric metrics[] = {
	{ "complete", complete }, /* percent of user stacks that reach the first frame */
	{ "guessed", guessed },   /* percent of user stacks with a guessed frame */
	{ "lost", lost },         /* percent of samples lost before the trace */
	{ "samples", samples },
};

struct condition {
	const struct metric *metric;
	char op; /* '<', '>' or '=' */
	bool or_equal;
	double limit;
};

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static const struct metric *find_metric(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
		if (strlen(metrics[i].name) == len && strncmp(metrics[i].name, name, len) == 0)
			return &metrics[i];
	}
	return NULL;
}

/* A number, "%" or not, and the end of the condition. */
static bool parse_limit(const char **pos, double *ret, struct err *err)
{
	const char *at = skip_blanks(*pos);
	char *end;
	*ret = strtod(at, &end);
	const char *behind = skip_blanks(end);
	behind = skip_blanks(behind + (*behind == '%'));
	if (end == at || (*behind && *behind != ','))
		return err_set(
			err, "'%.*s' is not a number", (int)MIN(strcspn(at, ","), (size_t)60), at);
	*pos = behind;
	return true;
}

/* Reads one condition at *pos and moves behind it and a comma. Blanks may be anywhere between. */
static bool parse(const char **pos, struct condition *ret, struct err *err)
{
	const char *at = skip_blanks(*pos);
	size_t len = strcspn(at, " \t<>=,");
	ret->metric = find_metric(at, len);
	if (!ret->metric)
		return err_set(err, "'%.*s' is not one of complete, guessed, lost, samples",
			(int)MIN(len, (size_t)60), at);
	at = skip_blanks(at + len);
	ret->op = *at;
	if (!*at || !strchr("<>=", *at))
		return err_set(
			err, "'%s' needs <=, >=, <, > or =, and a number", ret->metric->name);
	at++;
	ret->or_equal = *at == '=' || ret->op == '=';
	at += *at == '=';
	if (!parse_limit(&at, &ret->limit, err))
		return false;
	*pos = at + (*at == ',');
	return true;
}

bool require_check_syntax(const char *conditions, struct err *err)
{
	struct condition condition;
	do {
		if (!parse(&conditions, &condition, err))
			return false;
	} while (*conditions);
	return true;
}

static bool holds(const struct condition *condition, double value)
{
	if (condition->or_equal && value == condition->limit)
		return true;
	if (condition->op == '<')
		return value < condition->limit;
	return condition->op == '>' && value > condition->limit;
}

bool require_holds(const char *conditions, const struct profile_health *health, struct err *err)
{
	struct condition condition;
	do {
		const char *text = skip_blanks(conditions);
		if (!parse(&conditions, &condition, err))
			return false;
		double value = condition.metric->value(health);
		if (isnan(value))
			return err_set(err, "required %.*s, but %s is not known: %s",
				(int)MIN(strcspn(text, ","), (size_t)60), text,
				condition.metric->name,
				health->is_untold ? "the profile is imported, and its file "
						    "does not tell"
						  : "no stack was copied to be unwound");
		if (!holds(&condition, value))
			return err_set(err, "required %.*s, but %s is %.2f",
				(int)MIN(strcspn(text, ","), (size_t)60), text,
				condition.metric->name, value);
	} while (*conditions);
	return true;
}
