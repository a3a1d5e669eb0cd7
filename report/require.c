/*
 * Conditions on quality: see require.h. A condition is NAME OP NUMBER; the names are a table.
 */
#include "report/require.h"

#include <string.h>

struct metric {
	const char *name;
	double (*value)(const struct profile_health *health);
};

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static double complete(const struct profile_health *h)
{
	return h->n_user_stacks ? percent(h->n_complete, h->n_user_stacks) : 100;
}

static double guessed(const struct profile_health *h)
{
	return percent(h->n_guessed, h->n_user_stacks);
}

static double lost(const struct profile_health *h)
{
	return percent(h->n_lost, h->n_lost + h->n_samples);
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

/* Reads one condition at *pos and moves behind it and a comma. */
static bool parse(const char **pos, struct condition *ret, struct err *err)
{
	const char *at = *pos;
	size_t len = strcspn(at, "<>=,");
	ret->metric = NULL;
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
		if (strlen(metrics[i].name) == len && strncmp(metrics[i].name, at, len) == 0)
			ret->metric = &metrics[i];
	}
	if (!ret->metric)
		return err_set(err,
			"--require: '%.*s' is not one of complete, guessed, lost, samples",
			(int)MIN(len, (size_t)60), at);
	at += len;
	ret->op = *at;
	if (!*at || *at == ',')
		return err_set(err, "--require: '%s' needs <=, >=, <, > or =, and a number",
			ret->metric->name);
	at++;
	ret->or_equal = *at == '=' || ret->op == '=';
	at += *at == '=';
	char *end;
	ret->limit = strtod(at, &end);
	if (end == at || (*end != 0 && *end != ',' && *end != '%'))
		return err_set(err, "--require: '%.60s' is not a number", at);
	end += *end == '%';
	if (*end && *end != ',')
		return err_set(err, "--require: '%.60s' is not a number", at);
	*pos = end + (*end == ',');
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
		const char *text = conditions;
		if (!parse(&conditions, &condition, err))
			return false;
		double value = condition.metric->value(health);
		if (!holds(&condition, value))
			return err_set(err, "required %.*s, but %s is %.2f",
				(int)MIN(strcspn(text, ","), (size_t)60), text,
				condition.metric->name, value);
	} while (*conditions);
	return true;
}
