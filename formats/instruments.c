/*
 * For readers of what Apple's Instruments exports: `xctrace export`'s XML, its table of contents,
 * and the Deep Copy text. None of them opens in Instruments.app, which reads its own bundles only
 * (docs/instruments.md). This file chooses, and says what a sample weighs; instruments.h names the
 * files that write.
 */
#include "formats/instruments.h"

#include "formats/deepcopy.h"

#include <string.h>

static const struct instruments_schema schemas[] = {
	[INSTRUMENTS_NS] = { "time-profile", "weight",
		{ { "time", "Sample Time", "sample-time" }, { "thread", "Thread", "thread" },
			{ "process", "Process", "process" }, { "core", "Core", "core" },
			{ "thread-state", "State", "thread-state" },
			{ "weight", "Weight", "weight" }, { "stack", "Backtrace", "backtrace" } } },
	[INSTRUMENTS_CYCLES] = { "cpu-profile", "cycle-weight",
		{ { "time", "Sample Time", "sample-time" }, { "thread", "Thread", "thread" },
			{ "process", "Process", "process" }, { "core", "Core", "core" },
			{ "thread-state", "State", "thread-state" },
			{ "weight", "Weight", "cycle-weight" },
			{ "stack", "Backtrace", "backtrace" } } },
	[INSTRUMENTS_EVENTS] = { "counters-profile", "pmc-event",
		{ { "time", "Sample Time", "sample-time" }, { "thread", "Thread", "thread" },
			{ "process", "Process", "process" }, { "core", "Core", "core" },
			{ "thread-state", "State", "thread-state" },
			{ "stack", "Backtrace", "backtrace" }, { "weight", NULL, "any" },
			{ "counters-array", "Counter Value Array", "pmc-events" } } },
};

/* How many ns the unit has; 0: it is none of time. */
static int64_t ns_of_unit(const char *unit)
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = { { "nanoseconds", 1 }, { "microseconds", 1000 }, { "milliseconds", 1000000 },
		{ "seconds", 1000000000 } };
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (!strcmp(unit, units[i].unit))
			return units[i].ns;
	return 0;
}

/* "cycles", with perf's modifiers ("cycles:u") and as cpu-cycles; not ref-cycles or the like. */
static bool is_cycles(const char *event)
{
	size_t len = strcspn(event, ":");
	return (len == 6 && !memcmp(event, "cycles", 6)) ||
		(len == 10 && !memcmp(event, "cpu-cycles", 10));
}

static uint64_t mean_of(const struct profile *p, const struct instruments_weight *weight)
{
	double sum = 0, n = 0;
	for (size_t i = 0; i < p->n_samples; i++) {
		sum += (double)instruments_entry_weight(p, weight, i);
		n += (double)profile_sample_count(p, i);
	}
	return n > 0 && sum > 0 && sum / n < 1e18 ? (uint64_t)(sum / n + 0.5) : 0;
}

struct instruments_weight instruments_weight_of(
	const struct profile *p, const struct format_options *options)
{
	struct instruments_weight weight = { .event = "samples", .scale = 1 };
	uint32_t hz = p->meta.frequency_hz;
	weight.each_ns = hz ? 1000000000 / hz : 1000000;
	weight.value = options->tree.value ? options->tree.value : 1;
	if (weight.value >= p->n_value_types)
		weight.value = 0;
	if (weight.value) {
		const struct profile_value_type *type = &p->value_types[weight.value];
		weight.event = profile_string(p, type->type);
		weight.scale = ns_of_unit(profile_string(p, type->unit));
		if (!weight.scale) {
			weight.scale = 1;
			weight.unit =
				is_cycles(weight.event) ? INSTRUMENTS_CYCLES : INSTRUMENTS_EVENTS;
		}
	}
	weight.schema = &schemas[weight.unit];
	weight.per_sample = mean_of(p, &weight);
	return weight;
}

int64_t instruments_entry_weight(
	const struct profile *p, const struct instruments_weight *weight, size_t entry)
{
	int64_t value = profile_sample_value(p, entry, weight->value), result;
	int64_t scale = weight->value ? weight->scale : (int64_t)weight->each_ns;
	if (__builtin_mul_overflow(value, scale, &result))
		return value < 0 ? INT64_MIN : INT64_MAX;
	return result;
}

const char *instruments_process_name(const struct profile *p, uint32_t thread)
{
	const char *name =
		thread < p->n_threads ? profile_string(p, p->threads[thread].process_name) : "";
	return *name ? name : "[unknown process]";
}

static bool instruments_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	if (options->toc)
		return instruments_toc_write(p, options, out, err);
	if (options->variant && !strcmp(options->variant, "deepcopy"))
		return deepcopy_write(p, options, out, err);
	return instruments_xml_write(p, options, out, err);
}

static const char *file_of(const struct format_options *options)
{
	if (options->toc)
		return "profile.xctrace-toc.xml";
	/* speedscope and others know the Deep Copy text by this ending. */
	return options->variant ? "profile.instruments.txt" : "profile.xctrace.xml";
}

const struct format format_instruments = {
	.name = "instruments",
	.summary = "the XML of `xctrace export`; =deepcopy: the call tree as text",
	.default_file = "profile.xctrace.xml",
	.file_of = file_of,
	.variants = "deepcopy",
	.needs_times = true,
	.needs_threads = true,
	.needs_addresses = true,
	.write = instruments_write,
};
