/*
 * From a file to a profile: see profile_load.h.
 */
#include "report/profile_load.h"

#include "common/buf.h"
#include "common/trace_input.h"
#include "formats/import.h"
#include "report/analysis.h"
#include "report/cache.h"
#include "report/profile_build.h"
#include "report/progress.h"

/* Recordings. */

static void warn_of_damage(const struct profile_load_options *options, const struct recording *rec)
{
	const struct trace_damage *damage = recording_damage(rec);
	if (damage->is_cut || damage->n_bad_blocks || damage->n_bad_records)
		options->notice("warning: %s is %s; what can be read is shown: %s",
			recording_name(rec), damage->is_cut ? "cut" : "damaged", damage->why);
}

/* perf.data may hold several events; one is shown. */
static void tell_of_other_events(
	const struct profile_load_options *options, const struct recording *rec)
{
	AUTO_BUF struct buf others = BUF_INIT;
	for (uint32_t i = 0; i < rec->in->n_events; i++) {
		const struct input_event *event = &rec->in->events[i];
		if (event->n_samples && event->name != rec->meta->event)
			buf_fmt(&others, "%s%s", others.len ? ", " : "", event->name);
	}
	if (others.len)
		options->notice("samples of %s are shown; --event shows those of: %.*s",
			rec->meta->event, (int)others.len, (const char *)others.data);
}

static struct cache *open_cache(const struct profile_load_options *options)
{
	struct cache *cache = NULL;
	struct err err = { 0 };
	if (!options->no_cache && !cache_open(NULL, &cache, &err) && options->verbose->enabled)
		options->notice("no cache is used: %s", err.text);
	return cache;
}

static bool analyse(struct trace_input *file, const struct profile_load_options *options,
	const struct analysis_progress *progress, struct profile **ret_profile, struct err *err)
{
	AUTO(cache_close) struct cache *cache = open_cache(options);
	AUTO(recording_close) struct recording *rec = NULL;
	AUTO(analysis_free) struct analysis *analysis = NULL;
	const struct recording_options opening = { .event = options->event, .cache = cache };
	const struct analysis_options how = {
		.keep_times = options->keep_times,
		.keep_threads = options->keep_threads,
		.n_threads = options->n_jobs,
		.progress = *progress,
	};
	const struct profile_build_options building = {
		.no_demangle = options->no_demangle,
		.with_times = options->keep_times,
		.with_addresses = options->keep_addresses,
		.search = { .debug_dirs = (const char **)options->debug_dirs,
			.n_threads = options->n_jobs,
			.cache = cache },
		.progress = *progress,
		.module = verbose_module,
		.module_ctx = options->verbose,
	};

	if (!recording_open_file(file, &opening, &rec, err))
		return false;
	if (options->uses_times && rec->in->is_untimed)
		return err_set(err, "%s has no times, so --time cannot choose by them",
			recording_name(rec));
	verbose_phase(options->verbose, "reading events");
	if (!analysis_run(rec, &how, &analysis, err))
		return false;
	verbose_phase(options->verbose, "reading and unwinding samples");
	if (!profile_build(analysis, &building, ret_profile, err))
		return false;
	verbose_phase(options->verbose, "symbolizing");
	verbose_cache(options->verbose, cache);
	progress_end(progress->ctx);
	if (!options->quiet)
		warn_of_damage(options, rec);
	if (!options->quiet && !options->event)
		tell_of_other_events(options, rec);
	return true;
}

/* Profiles. */

static bool import(const struct import_format *format, const struct trace_input *file,
	const struct profile_load_options *options, struct profile **ret_profile, struct err *err)
{
	AUTO(profile_free) struct profile *p = profile_new();
	const struct import_input in = { file->fd, file->bytes, file->name };
	if (!p)
		return err_set(err, "no memory for the profile");
	if (!format->read(&in, p, err))
		return false;
	p->meta.import_format = profile_add_string(p, format->name);
	if (!p->meta.source)
		p->meta.source = profile_add_string(p, file->name);
	if (profile_failed(p))
		return err_set(err, "no memory for the profile");
	if (options->uses_times && !p->has_times)
		return err_set(err, "%s has no times, so --time cannot choose by them", file->name);
	if (options->event)
		return err_set(err, "%s is a profile (%s): --event is for recordings", file->name,
			format->name);
	profile_sort_health(p);
	verbose_phase(options->verbose, "reading the profile");
	*ret_profile = TAKE(p);
	return true;
}

bool profile_load(const char *path, const struct profile_load_options *options,
	struct profile **ret_profile, struct err *err)
{
	struct progress progress = progress_start(options->quiet || options->verbose->enabled);
	const struct analysis_progress shown = { progress_show, &progress };
	struct trace_input file;
	if (!trace_input_open(&file, path, err))
		return false;
	const struct import_format *format = input_find_profile(&file);
	bool ok;
	if (format) {
		ok = import(format, &file, options, ret_profile, err);
		trace_input_close(&file);
	} else {
		ok = analyse(&file, options, &shown, ret_profile, err);
	}
	progress_end(&progress);
	return ok;
}
