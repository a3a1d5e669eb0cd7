/*
 * Distinct addresses: see frame_addresses.h. Found by a hash table, as there are many more nodes;
 * where that gives up, an address is there twice, which costs time only.
 */
#include "report/frame_addresses.h"

#include "report/hash_slots.h"

void frame_addresses_fini(struct frame_addresses *a)
{
	free(a->v);
	free(a->sorted);
	free(a->of_node);
	*a = (struct frame_addresses){ 0 };
}

static uint64_t hash_of(const struct stack_node *node)
{
	uint64_t h = node->vaddr ^ (uint64_t)node->module << 40 ^ node->is_guessed;
	h *= 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static bool push(struct frame_addresses *a, const struct stack_node *node)
{
	if (a->n == a->cap) {
		size_t cap = a->cap ? 2 * a->cap : 1024;
		struct frame_address *v = reallocarray(a->v, cap, sizeof(*v));
		if (!v)
			return false;
		a->v = v;
		a->cap = cap;
	}
	a->v[a->n++] = (struct frame_address){
		.vaddr = node->vaddr,
		.module = node->module,
		.is_guessed = node->is_guessed,
	};
	return true;
}

static bool add(struct frame_addresses *a, struct hash_slots *slots, const struct stack_node *node,
	uint32_t *ret_index)
{
	struct hash_probe probe = hash_slots_probe(hash_of(node));
	while (hash_slots_next(slots, &probe, ret_index)) {
		const struct frame_address *other = &a->v[*ret_index];
		if (other->vaddr == node->vaddr && other->module == node->module &&
			other->is_guessed == node->is_guessed)
			return true;
	}
	*ret_index = (uint32_t)a->n;
	if (!push(a, node))
		return false;
	bool is_found_again = hash_slots_put(slots, &probe, *ret_index);
	(void)is_found_again;
	return true;
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct frame_address *v = ctx;
	const struct frame_address *left = &v[*(const uint32_t *)a];
	const struct frame_address *right = &v[*(const uint32_t *)b];
	if (left->module != right->module)
		return left->module < right->module ? -1 : 1;
	if (left->vaddr != right->vaddr)
		return left->vaddr < right->vaddr ? -1 : 1;
	return (int)left->is_guessed - (int)right->is_guessed;
}

static bool sort(struct frame_addresses *a)
{
	a->sorted = calloc(a->n + 1, sizeof(*a->sorted));
	if (!a->sorted)
		return false;
	for (size_t i = 0; i < a->n; i++)
		a->sorted[i] = (uint32_t)i;
	if (a->n)
		qsort_r(a->sorted, a->n, sizeof(*a->sorted), compare, a->v);
	return true;
}

bool frame_addresses_init(struct frame_addresses *a, const struct stack_tree *tree)
{
	struct hash_slots slots = { 0 };
	*a = (struct frame_addresses){ .of_node = calloc(tree->n_nodes, sizeof(*a->of_node)) };
	bool ok = a->of_node;
	for (size_t node = 1; node < tree->n_nodes && ok; node++)
		ok = add(a, &slots, &tree->nodes[node], &a->of_node[node]);
	hash_slots_fini(&slots);
	ok = ok && sort(a);
	if (!ok)
		frame_addresses_fini(a);
	return ok;
}
