/*
 * Numbers as people read them: see number.h.
 */
#include "formats/number.h"

#include "formats/utf8.h"

#include <stdio.h>
#include <string.h>

/*
 * The product is off by less than 2e-9 (1e7 times half of a double's last place), so that it rounds
 * as the value itself does, unless it is next to a half; those are left to printf.
 */
void number_decimal(struct buf *out, double value, unsigned decimals)
{
	static const uint32_t scales[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
	uint32_t scale = scales[decimals];
	double scaled = value * scale;
	bool is_common = value >= 0 && scaled < 1e7;
	double from_half = is_common ? scaled - (uint32_t)scaled - 0.5 : 0;
	if (from_half > -1e-6 && from_half < 1e-6) {
		buf_fmt(out, "%.*f", (int)decimals, value);
		return;
	}
	char digits[24], *at = digits + sizeof digits;
	uint32_t n = (uint32_t)(scaled + 0.5), rest = n % scale;
	for (unsigned i = 0; i < decimals; i++, rest /= 10)
		*--at = (char)('0' + rest % 10);
	if (decimals)
		*--at = '.';
	n /= scale;
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	buf_bytes(out, at, (size_t)(digits + sizeof digits - at));
}

void number_count(struct buf *out, int64_t n)
{
	char digits[32], *at = digits + sizeof digits;
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
	size_t n_digits = 0;
	do {
		if (n_digits && n_digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + rest % 10);
		n_digits++;
	} while (rest /= 10);
	if (n < 0)
		*--at = '-';
	buf_bytes(out, at, (size_t)(digits + sizeof digits - at));
}

/* Three digits, rounded. */
static void add_scaled(struct buf *out, double value, const char *unit)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	buf_fmt(out, "%.*f %s", decimals, value, unit);
}

void number_duration(struct buf *out, uint64_t ns)
{
	/* The limits keep a value from rounding up to 1000. */
	uint64_t s = ns / 1000000000 + (ns % 1000000000 >= 500000000);
	if (ns < 1000)
		buf_fmt(out, "%llu ns", (unsigned long long)ns);
	else if (ns < 999500)
		add_scaled(out, (double)ns / 1e3, "µs");
	else if (ns < 999500000)
		add_scaled(out, (double)ns / 1e6, "ms");
	else if (s < 1000)
		add_scaled(out, (double)ns / 1e9, "s");
	else if (s < 7200)
		buf_fmt(out, "%llu min %llu s", (unsigned long long)s / 60,
			(unsigned long long)s % 60);
	else
		buf_fmt(out, "%llu h %llu min", (unsigned long long)(s + 30) / 3600,
			(unsigned long long)(s + 30) / 60 % 60);
}

void number_percent(struct buf *out, double percent)
{
	if (percent > 0 && percent < 0.05)
		buf_str(out, "<0.1 %");
	else if (percent < 100 && percent >= 99.95)
		buf_str(out, ">99.9 %"); /* never call a whole what lacks something */
	else
		buf_fmt(out, "%.1f %%", percent);
}

/* The names of events are plurals: "page-faults", "cache-misses", "context-switches". */
static void add_noun(struct buf *out, const char *plural, int64_t n)
{
	size_t len = strlen(plural), drop = 0;
	if (n == 1 && len > 3 && plural[len - 1] == 's')
		drop = !strcmp(plural + len - 3, "ses") || !strcmp(plural + len - 3, "hes") ? 2 : 1;
	AUTO_BUF struct buf noun = BUF_INIT;
	buf_bytes(&noun, plural, len - drop);
	buf_u8(&noun, 0);
	if (!noun.failed)
		utf8_append_clean(out, (const char *)noun.data); /* it may come from a file */
}

void number_samples(struct buf *out, uint64_t n)
{
	number_count(out, (int64_t)n);
	buf_str(out, n == 1 ? " sample" : " samples");
}

void number_value(struct buf *out, const struct profile *p, size_t value_type, int64_t value)
{
	const char *unit = profile_value_unit(p, value_type);
	if (profile_counts_time(p, value_type) && value >= 0) {
		number_duration(out, (uint64_t)value);
		return;
	}
	number_count(out, value);
	buf_u8(out, ' ');
	add_noun(out, strcmp(unit, "count") ? unit : profile_value_name(p, value_type), value);
}
