/*
 * speedscope's own JSON (speedscope.app/file-format-schema.json): a "sampled" profile for each
 * thread, all with one table of frames.
 *
 * A frame of the file is a function here, not an address, since speedscope sums by frame: it has
 * the function's source file, or its module where no file is known, and no line. Inlined functions
 * are frames like others. Weights are the CPU time that the samples stand for, where the profile
 * has it, else what all formats sum; so the axis is what a thread used, without its pauses. Samples
 * that follow each other with one stack are one row: speedscope itself makes them one. It refuses
 * negative weights, and so they are left out.
 */
#include "common/array.h"
#include "common/version.h"
#include "formats/format.h"
#include "formats/frame_key.h"
#include "formats/health.h"
#include "formats/json_writer.h"
#include "formats/renumber.h"
#include "formats/thread_samples.h"

#include <string.h>

struct speedscope {
	struct profile *p;
	size_t value; /* index of the value type that is summed */
	struct call_tree_options options;
	struct json_writer w;
	struct frame_keys keys;
	uint32_t no_stack; /* key */
	struct thread_samples samples;
	struct renumber frames; /* by key */
	uint32_t *files;        /* by key: string, the source file */
	uint32_t *path;         /* keys of one stack, leaf first */
	size_t n_path, cap_path;
};

/* Samples of one thread, one after the other, with one stack. */
struct run {
	uint32_t stack; /* shown; PROFILE_NO_STACK */
	int64_t weight;
};

static void auto_speedscope_ptr(struct speedscope *s)
{
	frame_keys_fini(&s->keys);
	thread_samples_fini(&s->samples);
	renumber_fini(&s->frames);
	free(s->files);
	free(s->path);
}

static size_t choose_value(const struct profile *p, size_t asked)
{
	return !asked && profile_counts_time(p, 1) ? 1 : asked;
}

static uint32_t next_stack(const struct speedscope *s, uint32_t stack)
{
	return frame_keys_shown(&s->keys, s->p->stacks[stack].parent);
}

static void use_stack(struct speedscope *s, uint32_t stack)
{
	uint32_t key = frame_keys_of_stack(&s->keys, stack);
	renumber_use(&s->frames, key);
	if (!s->files[key])
		s->files[key] = frame_keys_file(&s->keys, s->p->stacks[stack].frame);
}

static void use_stacks(struct speedscope *s, struct renumber *seen)
{
	for (size_t i = 0; i < s->p->n_samples; i++) {
		uint32_t stack = frame_keys_shown(&s->keys, s->p->samples[i].stack);
		if (stack == PROFILE_NO_STACK)
			renumber_use(&s->frames, s->no_stack);
		for (; stack != PROFILE_NO_STACK && !renumber_is_used(seen, stack);
			stack = next_stack(s, stack)) {
			renumber_use(seen, stack);
			use_stack(s, stack);
		}
	}
	renumber_finish(&s->frames);
}

static bool speedscope_init(struct speedscope *s)
{
	struct renumber seen = { 0 };
	bool ok = frame_keys_init(&s->keys, s->p, &s->options);
	s->no_stack = ok ? frame_keys_add_no_stack(&s->keys) : INTERN_NONE;
	s->files = calloc(s->keys.n + 1, sizeof *s->files);
	ok = s->no_stack != INTERN_NONE && s->files && thread_samples_init(&s->samples, s->p) &&
		renumber_init(&s->frames, s->keys.n) && renumber_init(&seen, s->p->n_stacks);
	if (ok)
		use_stacks(s, &seen);
	renumber_fini(&seen);
	return ok && !profile_failed(s->p);
}

/* The run that begins at *entry, and moves *entry past it; false at the end. */
static bool next_run(
	const struct speedscope *s, const uint32_t **entry, const uint32_t *end, struct run *ret)
{
	for (ret->weight = 0; *entry < end; ++*entry) {
		uint32_t stack = frame_keys_shown(&s->keys, s->p->samples[**entry].stack);
		int64_t weight = profile_sample_value(s->p, **entry, s->value);
		if (weight <= 0)
			continue;
		if (ret->weight && stack != ret->stack)
			return true;
		ret->stack = stack;
		ret->weight += weight;
	}
	return ret->weight > 0;
}

static bool put_stack(struct speedscope *s, uint32_t stack)
{
	s->n_path = 0;
	for (; stack != PROFILE_NO_STACK; stack = next_stack(s, stack)) {
		if (!ARRAY_ROOM(s->path, s->cap_path, s->n_path))
			return false;
		s->path[s->n_path++] = frame_keys_of_stack(&s->keys, stack);
	}
	json_put_array(&s->w);
	if (!s->n_path)
		json_put_u64(&s->w, s->frames.to[s->no_stack]);
	for (size_t i = s->n_path; i-- > 0;)
		json_put_u64(&s->w, s->frames.to[s->path[i]]);
	json_put_end(&s->w);
	return true;
}

static void put_name(struct speedscope *s, const struct buf *name)
{
	json_put_key(&s->w, "name");
	json_put_string_n(&s->w, (const char *)name->data, name->failed ? 0 : name->len);
}

static void put_thread_name(struct speedscope *s, const struct profile_thread *t)
{
	AUTO_BUF struct buf name = BUF_INIT;
	buf_str(&name, profile_string(s->p, t->name));
	if (t->pid || t->tid)
		buf_fmt(&name, "%s(%u/%u)", name.len ? " " : "", t->pid, t->tid);
	if (!name.len)
		buf_str(&name, "samples");
	put_name(s, &name);
}

static void put_unit(struct speedscope *s)
{
	static const char *const known[] = { "nanoseconds", "microseconds", "milliseconds",
		"seconds", "bytes" };
	const char *unit = "none";
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(profile_value_unit(s->p, s->value), known[i]))
			unit = known[i];
	json_put_key(&s->w, "unit"), json_put_string(&s->w, unit);
}

static bool put_rows(struct speedscope *s, const uint32_t *first, const uint32_t *end)
{
	const uint32_t *at = first;
	struct run run;
	int64_t sum = 0;
	put_unit(s);
	json_put_key(&s->w, "samples"), json_put_array(&s->w);
	for (; next_run(s, &at, end, &run); sum += run.weight)
		if (!put_stack(s, run.stack))
			return false;
	json_put_end(&s->w);
	json_put_key(&s->w, "weights"), json_put_array(&s->w);
	for (at = first; next_run(s, &at, end, &run);)
		json_put_i64(&s->w, run.weight);
	json_put_end(&s->w);
	json_put_key(&s->w, "startValue"), json_put_u64(&s->w, 0);
	json_put_key(&s->w, "endValue"), json_put_i64(&s->w, sum);
	return true;
}

static bool put_thread(struct speedscope *s, size_t thread)
{
	const struct thread_samples *t = &s->samples;
	json_put_object(&s->w);
	json_put_key(&s->w, "type"), json_put_string(&s->w, "sampled");
	put_thread_name(s, &s->p->threads[thread]);
	bool ok = put_rows(s, t->entries + t->first[thread], t->entries + t->first[thread + 1]);
	json_put_end(&s->w);
	return ok;
}

/* speedscope shows no file without a profile: where there are no samples, one says why. */
static bool put_nothing(struct speedscope *s)
{
	AUTO_BUF struct buf why = BUF_INIT;
	health_why_empty(&why, s->p);
	json_put_object(&s->w);
	json_put_key(&s->w, "type"), json_put_string(&s->w, "sampled");
	put_name(s, &why);
	bool ok = put_rows(s, s->samples.entries, s->samples.entries);
	json_put_end(&s->w);
	return ok;
}

static void put_frame(struct speedscope *s, uint32_t id)
{
	const struct frame_key *key = &s->keys.keys[id];
	const char *name = profile_string(s->p, key->name);
	const char *file = profile_string(s->p, s->files[id]);
	if (!*file)
		file = profile_module_label(s->p, key->module);
	json_put_object(&s->w);
	json_put_key(&s->w, "name"), json_put_string(&s->w, *name ? name : "[unnamed]");
	if (*file)
		json_put_key(&s->w, "file"), json_put_string(&s->w, file);
	json_put_end(&s->w);
}

static bool has_row(const struct speedscope *s, size_t thread)
{
	return s->samples.first[thread] < s->samples.first[thread + 1];
}

/* It becomes the window's title. */
static void put_title(struct speedscope *s)
{
	const struct profile *p = s->p;
	AUTO_BUF struct buf title = BUF_INIT;
	const char *command = profile_string(p, p->meta.command);
	buf_str(&title, *command ? command : profile_string(p, p->meta.source));
	buf_str(&title, title.len ? ": " : "");
	health_phrase(&title, p);
	buf_str(&title, p->health.is_damaged ? "; " : "");
	health_warning(&title, p);
	put_name(s, &title);
}

static void put_head(struct speedscope *s)
{
	const struct profile *p = s->p;
	size_t heaviest = thread_samples_heaviest(&s->samples, p, s->value), active = 0;
	for (size_t i = 0; i < heaviest; i++)
		active += has_row(s, i);
	json_put_key(&s->w, "$schema");
	json_put_string(&s->w, "https://www.speedscope.app/file-format-schema.json");
	json_put_key(&s->w, "exporter"), json_put_string(&s->w, "ddrec " DDREC_VERSION);
	put_title(s);
	json_put_key(&s->w, "activeProfileIndex"), json_put_u64(&s->w, active);
}

static void put_frames(struct speedscope *s)
{
	json_put_key(&s->w, "shared"), json_put_object(&s->w);
	json_put_key(&s->w, "frames"), json_put_array(&s->w);
	for (uint32_t i = 0; i < s->frames.n; i++)
		if (renumber_is_used(&s->frames, i))
			put_frame(s, i);
	json_put_end(&s->w);
	json_put_end(&s->w);
}

static bool put_threads(struct speedscope *s)
{
	bool ok = true;
	json_put_key(&s->w, "profiles"), json_put_array(&s->w);
	for (size_t i = 0; ok && i < s->samples.n_threads; i++)
		if (has_row(s, i))
			ok = put_thread(s, i);
	if (!s->p->n_samples)
		ok = put_nothing(s);
	json_put_end(&s->w);
	return ok;
}

static bool speedscope_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(auto_speedscope)
	struct speedscope s = { .p = p,
		.value = choose_value(p, options->tree.value),
		.options.no_inline = options->tree.no_inline };
	if (!speedscope_init(&s))
		return err_set(err, "speedscope: out of memory");
	json_writer_open(&s.w, out);
	json_put_object(&s.w);
	put_head(&s);
	put_frames(&s);
	bool ok = put_threads(&s) || err_set(&s.w.err, "speedscope: out of memory");
	return json_writer_close(&s.w, err) && ok;
}

const struct format format_speedscope = {
	.name = "speedscope",
	.summary = "for speedscope.app: a profile for each thread",
	.default_file = "profile.speedscope.json",
	.needs_times = true,
	.needs_threads = true,
	.needs_addresses = true,
	.write = speedscope_write,
};
