/* See option_values.h. */
#include "record/option_values.h"

#include "common/options.h"
#include "record/cpu_list.h"
#include "record/perf_events.h"
#include "record/pid_list.h"

#include <string.h>

bool set_ring_bytes(void *field, const char *value, struct err *err)
{
	char *end;
	unsigned long long bytes = strtoull(value, &end, 10);
	if (end == value || *value < '0' || *value > '9')
		return err_set(err, "'%s' is no size", value);
	if (*end == 'K' || *end == 'k')
		bytes <<= 10;
	else if (*end == 'M' || *end == 'm')
		bytes <<= 20;
	end += strchr("KkMm", *end) && *end;
	if (*end || bytes < RING_MIN_BYTES || bytes > RING_MAX_BYTES)
		return err_set(err, "a ring has 64K to 64M bytes, not '%s'", value);
	*(uint64_t *)field = bytes;
	return true;
}

bool set_frequency(void *field, const char *value, struct err *err)
{
	if (!option_u32(field, value, err))
		return false;
	return *(uint32_t *)field || err_set(err, "the frequency must be at least 1 Hz");
}

/* Digits with at most one point, times unit_ns; up to a hundred years. */
static bool parse_time(const char *value, double unit_ns, uint64_t *ret_ns)
{
	static const double max_ns = 100.0 * 365 * 86400 * 1e9;
	size_t len = strspn(value, "0123456789.");
	char *end;
	double units = strtod(value, &end);
	if (!len || value[len] || end != value + len || units * unit_ns > max_ns)
		return false;
	*ret_ns = (uint64_t)(units * unit_ns + 0.5);
	return true;
}

bool set_seconds(void *field, const char *value, struct err *err)
{
	if (!parse_time(value, 1e9, field) || !*(uint64_t *)field)
		return err_set(err, "'%s' is no number of seconds", value);
	return true;
}

bool set_milliseconds(void *field, const char *value, struct err *err)
{
	return parse_time(value, 1e6, field) ||
		err_set(err, "'%s' is no number of milliseconds", value);
}

bool set_pids(void *field, const char *value, struct err *err)
{
	AUTO_PID_LIST struct pid_list list = { 0 };
	return pid_list_parse(value, &list, err) && option_string(field, value, err);
}

bool set_cpus(void *field, const char *value, struct err *err)
{
	AUTO_CPU_LIST struct cpu_list list = { 0 };
	return cpu_list_parse(value, &list, err) && option_string(field, value, err);
}
