/*
 * From words to bodies of code: see annotate_query.h.
 */
#include "report/annotate_query.h"

#include "common/array.h"
#include "common/suggest.h"
#include "report/annotate_words.h"

#include <string.h>

enum { MAX_TARGETS = 200 }; /* of a pattern that fits everything; nobody reads more */

struct search { /* one call of annotate_query_find */
	struct annotate_query *q;
	struct annotate_words words;
	uint8_t *fits; /* by function: enum annotate_fit */
	uint32_t
		*asked; /* by frame: the inlined function asked for that its address has, or NONE */
	bool *takes_part; /* by frame: a spot that was asked for */
	size_t cap;       /* of q->targets */
};

static void search_fini_ptr(struct search *s)
{
	annotate_words_fini(&s->words);
	free(s->fits);
	free(s->asked);
	free(s->takes_part);
}

/* Weights. */

/* The frame that the stack's inlined ones are in: parents come first. */
static void find_spots(struct annotate_query *q)
{
	const struct profile *p = q->p;
	for (size_t s = 0; s < p->n_stacks; s++) {
		uint32_t frame = p->stacks[s].frame, parent = p->stacks[s].parent;
		bool has_parent = p->frames[frame].is_inlined && parent != PROFILE_NO_STACK;
		q->spot[s] = has_parent ? q->spot[parent] : frame;
	}
}

static bool weigh(struct annotate_query *q)
{
	const struct profile *p = q->p;
	AUTO_FREE bool *used = calloc(p->n_stacks + 1, sizeof(*used));
	if (!used)
		return false;
	find_spots(q);
	for (size_t i = 0; i < p->n_samples; i++) {
		int64_t value = profile_sample_value(p, i, q->value);
		uint32_t stack = p->samples[i].stack;
		q->whole += value;
		if (stack == PROFILE_NO_STACK)
			continue;
		q->self[q->spot[stack]] += value;
		used[stack] = true;
	}
	for (size_t s = p->n_stacks; s-- > 0;) {
		uint32_t parent = p->stacks[s].parent;
		if (!used[s])
			continue;
		q->is_used[p->stacks[s].frame] = true;
		if (parent != PROFILE_NO_STACK)
			used[parent] = true;
	}
	return true;
}

bool annotate_query_init(struct annotate_query *q, const struct profile *p, size_t value,
	const struct symbol_search *search, struct err *err)
{
	*q = (struct annotate_query){ .p = p, .value = value, .search = search };
	q->files = calloc(p->n_modules + 1, sizeof(*q->files));
	q->why_not = calloc(p->n_modules + 1, sizeof(*q->why_not));
	q->self = calloc(p->n_frames + 1, sizeof(*q->self));
	q->is_used = calloc(p->n_frames + 1, sizeof(*q->is_used));
	q->spot = calloc(p->n_stacks + 1, sizeof(*q->spot));
	if (!q->files || !q->why_not || !q->self || !q->is_used || !q->spot || !weigh(q))
		return err_set(err, "no memory");
	return true;
}

void annotate_query_fini(struct annotate_query *q)
{
	for (size_t i = 0; q->files && i < q->p->n_modules; i++)
		code_file_close(q->files[i]);
	for (size_t i = 0; q->why_not && i < q->p->n_modules; i++)
		free(q->why_not[i]);
	free(q->files);
	free(q->why_not);
	free(q->self);
	free(q->is_used);
	free(q->spot);
	free(q->targets);
	*q = (struct annotate_query){ 0 };
}

const struct code_file *annotate_query_code(
	struct annotate_query *q, uint32_t module, const char **ret_why)
{
	struct err err = { 0 };
	*ret_why = "nothing is known of what was there";
	if (module >= q->p->n_modules)
		return NULL;
	if (!q->files[module] && !q->why_not[module] &&
		!code_file_open(q->p, module, q->search, &q->files[module], &err))
		q->why_not[module] = strdup(err.text);
	if (!q->files[module])
		*ret_why = q->why_not[module] ? q->why_not[module] : "no memory";
	return q->files[module];
}

/* Which functions. */

static enum annotate_fit fit_function(const struct search *s, const struct profile_function *f)
{
	const struct profile *p = s->q->p;
	const char *raw_name = profile_string(p, f->raw_name);
	enum annotate_fit fit = annotate_words_fit(&s->words, profile_string(p, f->name));
	if (raw_name[0] && fit < FIT_EXACT)
		fit = MAX(fit, annotate_words_fit(&s->words, raw_name));
	return fit;
}

static bool is_in_module(const struct search *s, const struct profile_frame *frame)
{
	return annotate_words_fit_module(&s->words, profile_module_label(s->q->p, frame->module));
}

/* The best fit of any function that was sampled decides what fits. */
static void fit_functions(struct search *s)
{
	const struct profile *p = s->q->p;
	for (size_t i = 0; i < p->n_functions; i++)
		s->fits[i] = (uint8_t)fit_function(s, &p->functions[i]);
	for (size_t i = 0; i < p->n_frames; i++)
		if (s->q->is_used[i] && is_in_module(s, &p->frames[i]))
			s->q->fit = MAX(s->q->fit, s->fits[p->frames[i].function]);
}

static void choose_spots(struct search *s)
{
	struct annotate_query *q = s->q;
	const struct profile *p = q->p;
	for (size_t i = 0; i < p->n_frames; i++)
		s->asked[i] = PROFILE_NONE;
	for (size_t i = 0; i < p->n_stacks && q->fit; i++) {
		uint32_t frame = p->stacks[i].frame, spot = q->spot[i];
		uint32_t function = p->frames[frame].function;
		if (!q->is_used[frame] || s->fits[function] != q->fit ||
			!is_in_module(s, &p->frames[spot]))
			continue;
		s->takes_part[spot] = true;
		if (frame != spot && s->asked[spot] == PROFILE_NONE)
			s->asked[spot] = function;
	}
}

/* Bodies. */

static bool is_same_body(const struct annotate_target *a, const struct annotate_target *b)
{
	if (a->module != b->module || a->inlined != b->inlined || !a->body.end != !b->body.end)
		return false;
	return a->body.end ? a->body.start == b->body.start : a->function == b->function;
}

/* Neighbours in the list of frames are mostly of one body: looking from the end is short. */
static struct annotate_target *get_target(struct search *s, const struct annotate_target *wanted)
{
	struct annotate_query *q = s->q;
	for (size_t i = q->n_targets; i-- > 0;)
		if (is_same_body(&q->targets[i], wanted))
			return &q->targets[i];
	if (!ARRAY_ROOM(q->targets, s->cap, q->n_targets))
		return NULL;
	q->targets[q->n_targets] = *wanted;
	return &q->targets[q->n_targets++];
}

static bool add_spot(struct search *s, uint32_t spot)
{
	const struct profile_frame *frame = &s->q->p->frames[spot];
	/* What is its own body, and holds itself inlined by recursion, is its own. */
	bool is_itself = s->fits[frame->function] == s->q->fit;
	struct annotate_target wanted = {
		.function = frame->function,
		.inlined = is_itself ? PROFILE_NONE : s->asked[spot],
		.module = frame->module,
	};
	const char *why;
	const struct code_file *file = annotate_query_code(s->q, frame->module, &why);
	if (file && !code_file_body(file, frame->address, &wanted.body))
		wanted.body = (struct code_body){ 0 };
	bool has_address = wanted.body.end
		? s->words.address - wanted.body.start < wanted.body.end - wanted.body.start
		: s->words.address == frame->address;
	if (s->words.has_address && !has_address)
		return true;
	struct annotate_target *target = get_target(s, &wanted);
	if (!target)
		return false;
	target->asked += s->q->self[spot];
	return true;
}

static bool add_targets(struct search *s, struct err *err)
{
	for (size_t i = 0; i < s->q->p->n_frames; i++)
		if (s->takes_part[i] && !add_spot(s, (uint32_t)i))
			return err_set(err, "no memory");
	return true;
}

/* "parse.cold" means that part, where there is one of exactly that name. */
static void keep_named_clone(struct search *s)
{
	struct annotate_query *q = s->q;
	size_t kept = 0;
	if (strcmp(s->words.name, s->words.base) == 0)
		return;
	for (size_t i = 0; i < q->n_targets; i++) {
		const char *symbol = q->targets[i].body.symbol;
		if (symbol && strcmp(symbol, s->words.name) == 0) {
			struct annotate_target target = q->targets[i];
			q->targets[i] = q->targets[kept];
			q->targets[kept++] = target;
		}
	}
	if (kept)
		q->n_targets = kept;
}

/* What the whole body has, and what was sampled below it. */

/* Where no body is known, the target is all of a function's addresses of which that is so. */
bool annotate_query_holds(struct annotate_query *q, const struct annotate_target *target,
	const struct profile_frame *frame)
{
	struct code_body body;
	const char *why;
	if (target->module != frame->module)
		return false;
	if (target->body.end)
		return frame->address - target->body.start < target->body.end - target->body.start;
	if (target->function != frame->function)
		return false;
	const struct code_file *file = annotate_query_code(q, frame->module, &why);
	return !file || !code_file_body(file, frame->address, &body);
}

static size_t find_target(struct annotate_query *q, const struct profile_frame *frame)
{
	for (size_t i = 0; i < q->n_targets; i++)
		if (annotate_query_holds(q, &q->targets[i], frame))
			return i;
	return q->n_targets;
}

/* Targets of one body, for several inlined functions, have the same sums. */
static void share_sums(struct annotate_query *q)
{
	for (size_t i = 0; i < q->n_targets; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct annotate_target *a = &q->targets[k];
			struct annotate_target *b = &q->targets[i];
			bool is_same = a->module == b->module && a->body.end == b->body.end &&
				(a->body.end ? a->body.start == b->body.start
					     : a->function == b->function);
			if (!is_same)
				continue;
			b->self = a->self;
			b->total = a->total;
			break;
		}
	}
}

static bool sum_targets(struct annotate_query *q, struct err *err)
{
	const struct profile *p = q->p;
	AUTO_FREE uint32_t *of_spot = calloc(p->n_frames + 1, sizeof(*of_spot));
	AUTO_FREE size_t *seen = calloc(q->n_targets + 1, sizeof(*seen));
	if (!of_spot || !seen)
		return err_set(err, "no memory");
	for (size_t i = 0; i < p->n_frames; i++)
		of_spot[i] = (uint32_t)(p->frames[i].is_inlined || !q->is_used[i]
				? q->n_targets
				: find_target(q, &p->frames[i]));
	for (size_t i = 0; i < p->n_samples; i++) {
		int64_t value = profile_sample_value(p, i, q->value);
		uint32_t stack = p->samples[i].stack;
		if (stack != PROFILE_NO_STACK && of_spot[q->spot[stack]] < q->n_targets)
			q->targets[of_spot[q->spot[stack]]].self += value;
		for (; stack != PROFILE_NO_STACK; stack = p->stacks[stack].parent) {
			uint32_t target = of_spot[q->spot[stack]];
			if (target == q->n_targets || seen[target] == i + 1)
				continue;
			seen[target] = i + 1;
			q->targets[target].total += value;
		}
	}
	share_sums(q);
	return true;
}

static int compare_targets(const void *left, const void *right)
{
	const struct annotate_target *a = left, *b = right;
	if (a->asked != b->asked)
		return a->asked < b->asked ? 1 : -1;
	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	if (a->module != b->module)
		return a->module < b->module ? -1 : 1;
	return (a->body.start > b->body.start) - (a->body.start < b->body.start);
}

static bool nothing_found(const struct search *s, const char *words, struct err *err)
{
	const struct profile *p = s->q->p;
	struct suggest suggestion = suggest_for(s->words.name);
	for (size_t i = 0; i < p->n_frames; i++)
		if (s->q->is_used[i] && strlen(s->words.name) < 64)
			suggest_consider(&suggestion,
				profile_string(p, p->functions[p->frames[i].function].name));
	const char *module = s->words.module;
	if (suggestion.best)
		return err_set(err, "no function with samples fits '%s'; did you mean '%s'?", words,
			suggestion.best);
	return err_set(err,
		"no function with samples fits '%s'%s%s; ddrec report shows which there are", words,
		module ? " in module " : "", module ? module : "");
}

bool annotate_query_find(
	struct annotate_query *q, const char *words, const char *module, struct err *err)
{
	AUTO(search_fini) struct search s = { .q = q };
	if (!annotate_words_parse(&s.words, words, module, err))
		return false;
	s.fits = calloc(q->p->n_functions + 1, sizeof(*s.fits));
	s.asked = calloc(q->p->n_frames + 1, sizeof(*s.asked));
	s.takes_part = calloc(q->p->n_frames + 1, sizeof(*s.takes_part));
	if (!s.fits || !s.asked || !s.takes_part)
		return err_set(err, "no memory");
	fit_functions(&s);
	choose_spots(&s);
	if (!add_targets(&s, err))
		return false;
	keep_named_clone(&s);
	if (!q->n_targets)
		return nothing_found(&s, words, err);
	qsort(q->targets, q->n_targets, sizeof(*q->targets), compare_targets);
	q->n_left_out = q->n_targets - MIN(q->n_targets, (size_t)MAX_TARGETS);
	q->n_targets -= q->n_left_out;
	if (!sum_targets(q, err))
		return false;
	qsort(q->targets, q->n_targets, sizeof(*q->targets), compare_targets);
	return true;
}
