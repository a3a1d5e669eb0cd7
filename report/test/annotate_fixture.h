/*
 * Profiles by hand for the tests of ddrec annotate: one module, functions, samples at addresses.
 *
 *	struct made m = made_new("/path/of/program", "");
 *	uint32_t root = made_frame(&m, PROFILE_NO_STACK, "main", 0x1140, false);
 *	made_samples(&m, made_frame(&m, root, "parse", 0x1200, false), 12);
 */
#ifndef REPORT_TEST_ANNOTATE_FIXTURE_H
#define REPORT_TEST_ANNOTATE_FIXTURE_H

#include "report/annotate.h"

struct made {
	struct profile *p;
	uint32_t module;
	enum profile_kind kind;
};

static inline uint32_t made_module(
	struct profile *p, const char *path, const char *build_id, enum profile_kind kind)
{
	const char *slash = strrchr(path, '/');
	struct profile_module module = {
		.name = profile_add_string(p, slash ? slash + 1 : path),
		.path = profile_add_string(p, path),
		.build_id = profile_add_string(p, build_id),
		.kind = kind,
	};
	return profile_add_module(p, &module);
}

static inline struct made made_new(const char *path, const char *build_id, enum profile_kind kind)
{
	struct made m = { .p = profile_new(), .kind = kind };
	struct profile_thread thread = { .pid = 1, .tid = 1 };
	m.module = made_module(m.p, path, build_id, kind);
	m.p->has_addresses = true;
	m.p->meta.event = profile_add_string(m.p, "cpu-clock");
	profile_add_value_type(m.p, "samples", "count");
	profile_add_value_type(m.p, "cpu-clock", "nanoseconds");
	profile_add_thread(m.p, &thread);
	return m;
}

static inline uint32_t made_frame(
	struct made *m, uint32_t parent, const char *name, uint64_t address, bool is_inlined)
{
	struct profile_function function = {
		.name = profile_add_string(m->p, name),
		.raw_name = profile_add_string(m->p, name),
		.module = m->module,
		.kind = m->kind,
		.has_symbol = true,
	};
	struct profile_frame frame = {
		.function = profile_add_function(m->p, &function),
		.module = m->module,
		.address = address,
		.is_inlined = is_inlined,
	};
	return profile_add_stack(m->p, parent, profile_add_frame(m->p, &frame));
}

static inline void made_samples(struct made *m, uint32_t stack, int64_t count)
{
	const int64_t values[] = { count, count * 1000000 };
	profile_sum_sample(m->p, 0, stack, values);
}

#endif
