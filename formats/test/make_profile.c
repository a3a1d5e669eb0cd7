/*
 * Profiles for tests: see make_profile.h.
 */
#include "formats/test/make_profile.h"

#include "formats/format.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *tag, *name;
	enum profile_kind kind;
} modules[] = {
	{ "app", "app", PROFILE_USER },
	{ "lib", "libc.so.6", PROFILE_LIBRARY },
	{ "kernel", "[kernel]", PROFILE_KERNEL },
	{ "jit", "", PROFILE_JIT },
	{ "anon", "[anon]", PROFILE_JIT },
	{ "none", "", PROFILE_OTHER },
};

static size_t module_find(const char *tag)
{
	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (!strcmp(modules[i].tag, tag))
			return i;
	abort();
}

static void add_meta(struct profile *p)
{
	struct profile_meta *m = &p->meta;
	m->command = profile_add_string(p, "./app --fast");
	m->host = profile_add_string(p, "build7");
	m->kernel = profile_add_string(p, "Linux 6.18.0");
	m->arch = profile_add_string(p, "x86_64");
	m->event = profile_add_string(p, "cpu-clock");
	m->clock = profile_add_string(p, "a sample stands for 1 ms of CPU time");
	m->tool = profile_add_string(p, "ddrec");
	m->start_real_ns = 1700000000000000000;
	m->duration_ns = 1000000000;
	m->recorder_cpu_ns = 3000000;
	m->target_cpu_ns = 990000000;
	m->frequency_hz = 999;
}

struct profile *make_profile_empty(void)
{
	struct profile *p = profile_new();
	if (!p)
		abort();
	profile_add_value_type(p, "samples", "count");
	profile_add_value_type(p, "cpu-clock", "nanoseconds");
	add_meta(p);
	for (uint32_t i = 0; i < MAKE_PROFILE_THREADS; i++) {
		char name[16];
		snprintf(name, sizeof name, "t%u", i);
		profile_add_thread(p,
			&(struct profile_thread){ .pid = 100,
				.tid = 100 + i,
				.name = profile_add_string(p, name),
				.process_name = profile_add_string(p, "app") });
	}
	return p;
}

uint32_t make_frame(
	struct profile *p, uint32_t parent, const char *name, const char *tag, bool is_inlined)
{
	size_t m = module_find(tag);
	uint32_t module = PROFILE_NONE;
	if (*modules[m].name)
		module = profile_add_module(p,
			&(struct profile_module){ .name = profile_add_string(p, modules[m].name),
				.kind = modules[m].kind });
	uint32_t function = profile_add_function(p,
		&(struct profile_function){ .name = profile_add_string(p, name),
			.module = module,
			.kind = modules[m].kind,
			.has_symbol = true });
	uint32_t frame = profile_add_frame(p,
		&(struct profile_frame){ .function = function,
			.module = module,
			.address = 0x1000 + function * 16,
			.is_inlined = is_inlined });
	return profile_add_stack(p, parent, frame);
}

void make_samples(struct profile *p, uint32_t stack, int count, uint32_t thread)
{
	for (int i = 0; i < count; i++)
		profile_add_sample(p,
			&(struct profile_sample){ .time_ns = p->n_samples * 1000000,
				.thread = thread,
				.stack = stack },
			(const int64_t[]){ 1, 1000000 });
}

void make_sums(struct profile *p)
{
	struct profile_sample *samples = p->samples;
	int64_t *values = p->values;
	size_t n = p->n_samples, n_values = p->n_value_types, bytes = n * sizeof *samples;
	samples = memcpy(malloc(bytes + 1), samples, bytes);
	bytes = n * n_values * sizeof *values;
	values = memcpy(malloc(bytes + 1), values, bytes);
	p->n_samples = 0;
	p->health.n_shown = 0;
	for (size_t i = 0; i < n; i++)
		profile_sum_sample(p, samples[i].thread, samples[i].stack, values + i * n_values);
	free(samples);
	free(values);
}

void make_health(struct profile *p)
{
	p->health.n_samples = p->health.n_shown;
	p->health.n_user_stacks = p->health.n_shown;
	p->health.n_complete = p->health.n_shown;
}

static uint32_t add_stack(struct profile *p, const char *frames)
{
	char *copy = strdup(frames), *rest = copy;
	uint32_t stack = PROFILE_NO_STACK;
	for (char *name; *frames && (name = strsep(&rest, ";"));) {
		char *at = strchr(name, '@');
		bool is_inlined = !strncmp(name, "[i]", 3);
		if (at)
			*at = '\0';
		stack = make_frame(
			p, stack, name + (is_inlined ? 3 : 0), at ? at + 1 : "app", is_inlined);
	}
	free(copy);
	return stack;
}

struct profile *make_profile(const struct make_stack *stacks)
{
	struct profile *p = make_profile_empty();
	for (; stacks->frames; stacks++)
		make_samples(p, add_stack(p, stacks->frames), stacks->count, stacks->thread);
	make_health(p);
	return p;
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

struct profile *make_random_profile(uint32_t seed, size_t n_samples)
{
	struct profile *p = make_profile_empty();
	uint32_t state = seed * 2654435761u + 1;
	for (size_t i = 0; i < n_samples; i++) {
		uint32_t stack = PROFILE_NO_STACK, depth = next_random(&state) % 24;
		for (uint32_t d = 0; d < depth; d++) {
			uint32_t r = next_random(&state);
			char name[32];
			snprintf(name, sizeof name, "function_%u", r % (3 + d));
			stack = make_frame(p, stack, name, modules[r / 64 % ARRAY_LEN(modules)].tag,
				r / 4096 % 4 == 0);
		}
		make_samples(p, stack, 1, next_random(&state) % MAKE_PROFILE_THREADS);
	}
	make_health(p);
	return p;
}

char *make_output(struct profile *p, const struct format *format,
	const struct format_options *options, size_t *ret_len)
{
	char *text = NULL;
	struct err err = { 0 };
	FILE *out = open_memstream(&text, ret_len);
	if (!out || !format->write(p, options, out, &err)) {
		fprintf(stderr, "%s: %s\n", format->name, err.text);
		abort();
	}
	fclose(out);
	return text;
}
