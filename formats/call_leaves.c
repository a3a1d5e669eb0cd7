/*
 * Sums samples by root and stack: see call_leaves.h.
 *
 * Sorted by counting, once by stack and once by root, so that it costs two passes over the entries
 * whatever their order.
 */
#include "formats/call_leaves.h"

#include <stdio.h>

void call_leaves_fini(struct call_leaves *l)
{
	free(l->roots);
	free(l->leaves);
	*l = (struct call_leaves){ 0 };
}

static uint32_t thread_name(struct profile *p, const struct profile_thread *thread)
{
	char name[256];
	snprintf(name, sizeof name, "%s (tid %u)", profile_string(p, thread->name), thread->tid);
	return profile_add_string(p, name);
}

/* false: no memory */
static bool thread_root(struct frame_keys *keys, size_t thread, struct call_root *ret)
{
	struct profile *p = keys->p;
	const struct profile_thread *t = thread < p->n_threads ? &p->threads[thread] : NULL;
	bool has_level = t && keys->options->by == CALL_TREE_BY_THREAD;
	uint32_t process = t ? t->process_name : 0;
	if (!*profile_string(p, process))
		process = profile_add_string(p, "[unknown process]");
	ret->process = frame_keys_add_name(keys, process);
	ret->thread = has_level ? frame_keys_add_name(keys, thread_name(p, t)) : INTERN_NONE;
	return ret->process != INTERN_NONE && (!has_level || ret->thread != INTERN_NONE);
}

static uint32_t root_find(
	const struct call_leaves *l, const struct intern *index, const struct call_root *root)
{
	uint32_t hash = (uint32_t)intern_mix(root->process, root->thread);
	size_t at;
	uint32_t id = intern_first(index, hash, &at);
	while (id != INTERN_NONE &&
		(l->roots[id].process != root->process || l->roots[id].thread != root->thread))
		id = intern_next(index, hash, &at);
	return id;
}

/* Numbers the distinct roots and says which one each thread has; the last is for samples of an
 * unknown thread. */
static bool make_roots(struct call_leaves *l, struct frame_keys *keys, uint32_t *root_of_thread)
{
	struct intern index = { 0 };
	bool ok = true;
	for (size_t i = 0; ok && i <= keys->p->n_threads; i++) {
		struct call_root root;
		ok = thread_root(keys, i, &root);
		uint32_t id = ok ? root_find(l, &index, &root) : 0;
		if (id == INTERN_NONE) {
			id = (uint32_t)l->n_roots++;
			l->roots[id] = root;
			ok = intern_add(
				&index, (uint32_t)intern_mix(root.process, root.thread), id);
		}
		root_of_thread[i] = id;
	}
	intern_fini(&index);
	return ok;
}

static uint32_t by_stack(const struct call_leaf *leaf, size_t n)
{
	return (uint32_t)MIN((size_t)leaf->stack, n - 1);
}

static uint32_t by_root(const struct call_leaf *leaf, size_t n UNUSED)
{
	return leaf->root;
}

/* Stable: equal ones stay in order. digit is below n_digits. */
static bool sort_by(const struct call_leaf *from, struct call_leaf *to, size_t n,
	uint32_t (*digit)(const struct call_leaf *leaf, size_t n_digits), size_t n_digits)
{
	AUTO_FREE size_t *starts = calloc(n_digits + 1, sizeof *starts);
	if (!starts)
		return false;
	for (size_t i = 0; i < n; i++)
		starts[digit(&from[i], n_digits) + 1]++;
	for (size_t i = 0; i < n_digits; i++)
		starts[i + 1] += starts[i];
	for (size_t i = 0; i < n; i++)
		to[starts[digit(&from[i], n_digits)]++] = from[i];
	return true;
}

static size_t merge_equal(struct call_leaf *leaves, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		struct call_leaf *last = kept ? &leaves[kept - 1] : NULL;
		if (last && last->root == leaves[i].root && last->stack == leaves[i].stack)
			last->value += leaves[i].value;
		else
			leaves[kept++] = leaves[i];
	}
	return kept;
}

static bool make_leaves(
	struct call_leaves *l, const struct frame_keys *keys, const uint32_t *root_of_thread)
{
	const struct profile *p = keys->p;
	size_t n = p->n_samples;
	AUTO_FREE struct call_leaf *unsorted = malloc((n + 1) * sizeof *unsorted);
	l->leaves = malloc((n + 1) * sizeof *l->leaves);
	if (!unsorted || !l->leaves)
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t thread = MIN((size_t)p->samples[i].thread, p->n_threads);
		l->leaves[i] = (struct call_leaf){ root_of_thread[thread], p->samples[i].stack,
			profile_sample_value(p, i, keys->options->value) };
	}
	if (!sort_by(l->leaves, unsorted, n, by_stack, p->n_stacks + 1) ||
		!sort_by(unsorted, l->leaves, n, by_root, l->n_roots))
		return false;
	l->n_leaves = merge_equal(l->leaves, n);
	return true;
}

bool call_leaves_init(struct call_leaves *l, struct frame_keys *keys)
{
	size_t n = keys->p->n_threads + 1;
	AUTO_FREE uint32_t *root_of_thread = calloc(n, sizeof *root_of_thread);
	*l = (struct call_leaves){ .roots = calloc(n, sizeof *l->roots) };
	if (root_of_thread && l->roots && make_roots(l, keys, root_of_thread) &&
		make_leaves(l, keys, root_of_thread))
		return true;
	call_leaves_fini(l);
	return false;
}
