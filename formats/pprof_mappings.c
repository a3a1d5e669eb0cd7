/*
 * The mappings of a pprof file: see pprof_mappings.h.
 */
#include "formats/pprof_mappings.h"

enum { PAGE_BYTES = 4096 };
static const uint64_t kernel_half = (uint64_t)1 << 63;

void pprof_mappings_fini(struct pprof_mappings *m)
{
	free(m->mappings);
	free(m->of_module);
	*m = (struct pprof_mappings){ 0 };
}

/* The main program. */

static uint32_t module_of_stack(const struct pprof_tables *t, uint32_t stack)
{
	return t->locations[t->stacks[stack].location].module;
}

static bool is_outermost_of_module(const struct pprof_tables *t, uint32_t stack)
{
	uint32_t module = module_of_stack(t, stack);
	while ((stack = t->stacks[stack].parent) != PROFILE_NO_STACK)
		if (module_of_stack(t, stack) == module)
			return false;
	return true;
}

/* How many samples have the module in their stacks, for modules that may be the main program. */
static bool count_samples(const struct pprof_tables *t, const uint64_t *counts, uint64_t *of_module)
{
	AUTO_FREE uint64_t *totals = calloc(t->n_stacks + 1, sizeof *totals);
	if (!totals)
		return false;
	for (uint32_t s = (uint32_t)t->n_stacks; s-- > 0;) {
		uint32_t parent = t->stacks[s].parent, module = module_of_stack(t, s);
		totals[s] += counts[s];
		if (parent != PROFILE_NO_STACK)
			totals[parent] += totals[s];
		if (module != PROFILE_NONE && t->p->modules[module].kind == PROFILE_USER &&
			is_outermost_of_module(t, s))
			of_module[module] += totals[s];
	}
	return true;
}

/* Of several with as many samples, the one that was seen first. */
static uint32_t main_module(const struct pprof_tables *t, const uint64_t *of_module)
{
	uint32_t best = PROFILE_NONE;
	for (size_t i = 0; i < t->n_locations; i++) {
		uint32_t module = t->locations[i].module;
		if (module != PROFILE_NONE && t->p->modules[module].kind == PROFILE_USER &&
			(best == PROFILE_NONE || of_module[module] > of_module[best]))
			best = module;
	}
	return best;
}

/* Places. */

/* The range of the addresses of each module's locations; to 0: there are none. */
struct range {
	uint64_t from, to; /* both inclusive */
};

static void add_address(struct range *range, uint64_t pc)
{
	if (!pc)
		return;
	range->from = range->to ? MIN(range->from, pc) : pc;
	range->to = MAX(range->to, pc);
}

static uint64_t page_start(uint64_t address)
{
	return address & ~(uint64_t)(PAGE_BYTES - 1);
}

static uint64_t page_end(uint64_t address)
{
	uint64_t end = page_start(address) + PAGE_BYTES;
	return end ? end : UINT64_MAX;
}

static void set_place(struct pprof_mapping *m, const struct profile_place *place)
{
	m->start = place->start;
	m->limit = place->end;
	m->file_off = place->file_off;
}

static void widen_place(struct pprof_mapping *m, const struct range *range)
{
	if (range->to && range->from < m->start) {
		uint64_t start = page_start(range->from);
		m->file_off -= MIN(m->start - start, m->file_off);
		m->start = start;
	}
	if (range->to >= m->limit)
		m->limit = page_end(range->to);
}

/* The address behind all that are taken. */
static uint64_t first_free(const struct pprof_mappings *m)
{
	uint64_t end = PAGE_BYTES;
	for (size_t i = 0; i < m->n; i++)
		if (m->mappings[i].limit < kernel_half)
			end = MAX(end, m->mappings[i].limit);
	return page_end(end);
}

static bool is_free(const struct pprof_mappings *m, uint64_t start, uint64_t limit)
{
	for (size_t i = 0; i < m->n; i++)
		if (start < m->mappings[i].limit && m->mappings[i].start < limit)
			return false;
	return true;
}

static void invent_place(struct pprof_mappings *all, struct pprof_mapping *m,
	const struct range *range, bool is_file)
{
	if (!range->to)
		return;
	uint64_t start = page_start(range->from), limit = page_end(range->to);
	uint64_t there = first_free(all);
	if (start < kernel_half && !is_free(all, start, limit) &&
		limit - start < kernel_half - there)
		m->shift = there - start;
	m->start = start + m->shift;
	m->limit = limit + m->shift;
	m->file_off = is_file ? start : 0; /* the addresses of a file's frames are those in it */
}

static void place_mappings(
	struct pprof_mappings *all, const struct profile *p, const struct range *ranges)
{
	for (size_t i = 0; i < all->n; i++) {
		struct pprof_mapping *m = &all->mappings[i];
		const struct profile_place *place = &p->modules[m->module].place;
		if (!place->end)
			continue;
		set_place(m, place);
		widen_place(m, &ranges[m->module]);
	}
	for (size_t i = 0; i < all->n; i++) {
		struct pprof_mapping *m = &all->mappings[i];
		const struct profile_module *module = &p->modules[m->module];
		if (!module->place.end)
			invent_place(all, m, &ranges[m->module],
				module->kind == PROFILE_USER || module->kind == PROFILE_LIBRARY);
	}
}

/* The list. */

static void add_mapping(struct pprof_mappings *m, uint32_t module)
{
	if (m->of_module[module])
		return;
	m->mappings[m->n++].module = module;
	m->of_module[module] = (uint32_t)m->n;
}

static void add_location(struct pprof_mappings *m, const struct pprof_location *l)
{
	add_mapping(m, l->module);
	struct pprof_mapping *mapping = &m->mappings[m->of_module[l->module] - 1];
	mapping->has_functions |= l->has_symbol;
	mapping->has_filenames |= l->has_file;
	mapping->has_line_numbers |= l->has_line;
	mapping->has_inline_frames |= l->n_lines > 1;
}

bool pprof_mappings_build(
	struct pprof_mappings *m, const struct pprof_tables *t, const uint64_t *counts)
{
	size_t n = t->p->n_modules + 1;
	AUTO_FREE uint64_t *samples = calloc(n, sizeof *samples);
	AUTO_FREE struct range *ranges = calloc(n, sizeof *ranges);
	m->mappings = calloc(n, sizeof *m->mappings);
	m->of_module = calloc(n, sizeof *m->of_module);
	if (!samples || !ranges || !m->mappings || !m->of_module ||
		!count_samples(t, counts, samples))
		return false;
	uint32_t first = main_module(t, samples);
	if (first != PROFILE_NONE)
		add_mapping(m, first);
	for (size_t i = 0; i < t->n_locations; i++) {
		const struct pprof_location *l = &t->locations[i];
		if (l->module == PROFILE_NONE)
			continue;
		add_location(m, l);
		add_address(&ranges[l->module], l->pc);
	}
	place_mappings(m, t->p, ranges);
	return true;
}
