/*
 * The processed format of the Firefox Profiler (profiler.firefox.com, profiler-cli; Perfetto reads
 * it too): see firefox.h. This file puts the parts together and settles what the numbers mean.
 *
 * Weights are what all formats sum, samples unless told otherwise; the CPU's use comes from
 * value 1. Names are shown as they are: the profile counts as symbolicated, so that no server is
 * asked.
 */
#include "formats/firefox.h"

#include <string.h>

enum { DEFAULT_INTERVAL_NS = 1000000 };

static void auto_firefox_ptr(struct firefox *f)
{
	firefox_use_fini(f);
	firefox_threads_fini(f);
	frame_keys_fini(&f->keys);
}

static enum firefox_cpu what_cpu(const struct profile *p)
{
	if (p->n_value_types < 2)
		return FIREFOX_NO_CPU;
	if (profile_counts_time(p, 1))
		return FIREFOX_CPU_TIME;
	return strstr(profile_value_name(p, 1), "cycles") ? FIREFOX_CPU_CYCLES : FIREFOX_NO_CPU;
}

/* The mean CPU time of a sample, where no frequency is known. */
static uint64_t mean_interval(const struct firefox *f)
{
	double sum = 0, n = 0;
	for (size_t i = 0; f->cpu == FIREFOX_CPU_TIME && i < f->p->n_samples; i++) {
		sum += (double)profile_sample_value(f->p, i, 1);
		n += (double)profile_sample_count(f->p, i);
	}
	double mean = n > 0 ? sum / n : 0;
	return mean >= 1 && mean < 1e12 ? (uint64_t)mean : DEFAULT_INTERVAL_NS;
}

static bool firefox_init(struct firefox *f)
{
	uint32_t hz = f->p->meta.frequency_hz;
	f->cpu = what_cpu(f->p);
	f->interval_ns = hz ? MAX(1000000000u / hz, 1u) : mean_interval(f);
	if (!frame_keys_init(&f->keys, f->p, &f->options))
		return false;
	f->no_stack = frame_keys_add_no_stack(&f->keys);
	return f->no_stack != INTERN_NONE && !profile_failed(f->p) && firefox_threads_init(f) &&
		firefox_use_init(f);
}

/* Nobody has counters or pages here, but readers look for them. */
static void put_empty_lists(struct firefox *f)
{
	static const char *const lists[] = { "pages", "counters", "profilerOverhead" };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		json_put_key(&f->w, lists[i]), json_put_array(&f->w), json_put_end(&f->w);
}

static bool firefox_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(auto_firefox)
	struct firefox f = {
		.p = p, .options.no_inline = options->tree.no_inline, .value = options->tree.value
	};
	if (!firefox_init(&f))
		return err_set(err, "firefox: out of memory");
	json_writer_open(&f.w, out);
	json_put_object(&f.w);
	firefox_put_meta(&f);
	firefox_put_libs(&f);
	put_empty_lists(&f);
	firefox_put_shared(&f);
	firefox_put_threads(&f);
	return json_writer_close(&f.w, err);
}

const struct format format_firefox = {
	.name = "firefox",
	.summary = "for profiler.firefox.com: threads, time line, CPU use",
	.default_file = "profile.json",
	.needs_times = true,
	.needs_threads = true,
	.needs_addresses = true,
	.write = firefox_write,
};
