/*
 * The identity of frames: see frame_key.h.
 */
#include "formats/frame_key.h"

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

struct frame_key frame_key_of(
	struct profile *p, const struct call_tree_options *options, uint32_t stack)
{
	const struct profile_frame *frame = &p->frames[p->stacks[stack].frame];
	const struct profile_function *function = &p->functions[frame->function];
	uint32_t module = function->module != PROFILE_NONE ? function->module : frame->module;
	if (options->by == CALL_TREE_BY_MODULE)
		return module_key(p, function, module);
	return (struct frame_key){
		.name = function->name,
		.function = frame->function,
		.module = module,
		.kind = function->kind,
		.is_inlined = frame->is_inlined,
	};
}

struct frame_key frame_key_no_stack(struct profile *p)
{
	return (struct frame_key){
		.name = profile_add_string(p, "[no stack]"),
		.function = PROFILE_NONE,
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER,
	};
}
