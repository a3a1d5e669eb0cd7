/*
 * The identity of frames: see frame_key.h.
 */
#include "formats/frame_key.h"

#include "common/array.h"

/* What stands for the frames without a module, by kind. */
static const char *const moduleless[PROFILE_N_KINDS] = {
	[PROFILE_USER] = "[unknown module]",
	[PROFILE_LIBRARY] = "[unknown module]",
	[PROFILE_KERNEL] = "[kernel]",
	[PROFILE_JIT] = PROFILE_JIT_LABEL,
	[PROFILE_OTHER] = "[other]",
};

static struct frame_key module_key(
	struct profile *p, const struct profile_function *function, uint32_t module)
{
	struct frame_key key = { .function = PROFILE_NONE, .module = module };
	if (module < p->n_modules && p->modules[module].kind != PROFILE_JIT) {
		key.name = p->modules[module].name;
		key.kind = p->modules[module].kind;
	} else {
		key.kind = module < p->n_modules ? PROFILE_JIT : function->kind;
		key.name = profile_add_string(p, moduleless[key.kind]);
		key.module = PROFILE_NONE; /* generated code is all one, wherever it lies */
	}
	return key;
}

static struct frame_key key_of(const struct frame_keys *keys, const struct profile_frame *frame)
{
	struct profile *p = keys->p;
	const struct profile_function *function = &p->functions[frame->function];
	uint32_t module = function->module != PROFILE_NONE ? function->module : frame->module;
	if (keys->options->by == CALL_TREE_BY_MODULE)
		return module_key(p, function, module);
	return (struct frame_key){
		.name = function->name,
		.function = frame->function,
		.module = module,
		.kind = function->kind,
	};
}

static uint32_t add_key(struct frame_keys *keys, const struct frame_key *key)
{
	uint64_t h = intern_mix((uint64_t)key->name << 32 | key->module, key->kind);
	size_t at;
	for (uint32_t id = intern_first(&keys->index, (uint32_t)h, &at); id != INTERN_NONE;
		id = intern_next(&keys->index, (uint32_t)h, &at)) {
		const struct frame_key *known = &keys->keys[id];
		if (known->name == key->name && known->module == key->module &&
			known->kind == key->kind)
			return id;
	}
	if (keys->n >= FRAME_KEYS_MAX || !ARRAY_ROOM(keys->keys, keys->cap, keys->n) ||
		!intern_add(&keys->index, (uint32_t)h, (uint32_t)keys->n))
		return INTERN_NONE;
	keys->keys[keys->n] = *key;
	return (uint32_t)keys->n++;
}

bool frame_keys_init(
	struct frame_keys *keys, struct profile *p, const struct call_tree_options *options)
{
	*keys = (struct frame_keys){ .p = p, .options = options };
	keys->of_frame = calloc(p->n_frames + 1, sizeof *keys->of_frame);
	for (size_t i = 0; keys->of_frame && i < p->n_frames; i++) {
		struct frame_key key = key_of(keys, &p->frames[i]);
		keys->of_frame[i] = add_key(keys, &key);
		if (keys->of_frame[i] == INTERN_NONE)
			return false;
	}
	return keys->of_frame;
}

void frame_keys_fini(struct frame_keys *keys)
{
	free(keys->keys);
	free(keys->of_frame);
	intern_fini(&keys->index);
	*keys = (struct frame_keys){ 0 };
}

uint32_t frame_keys_add_name(struct frame_keys *keys, uint32_t name)
{
	struct frame_key key = { .name = name,
		.function = PROFILE_NONE,
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER };
	return add_key(keys, &key);
}

uint32_t frame_keys_add_no_stack(struct frame_keys *keys)
{
	return frame_keys_add_name(keys, profile_add_string(keys->p, "[no stack]"));
}
