/*
 * From a trace to stacks of addresses: see analysis.h.
 *
 * Each sample's kernel and user frames go into the tree of stacks, outermost first; what is left of
 * a sample is its time, thread, weight and node.
 */
#include "report/analysis.h"

#include "report/elf_file.h"

#include <string.h>

enum { PROGRESS_EVERY = 1024 };

/* As in recording.c: a small file shall not grow a tree that no real trace of its size has. A node
 * takes some 200 bytes until it is printed; gcc makes one for 18 bytes of its trace. */
enum { NODES_FREE = 2 << 20, NODES_PER_BYTE = 2 };

struct unwinder {
	struct analysis *a;
	struct unwind_result result;
	uint32_t *thread_of; /* incarnation -> index of a->threads + 1 */
	size_t n_thread_of;
};

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	free(a->threads);
	free(a->samples);
	stack_tree_fini(&a->tree);
	free(a);
}

static struct analysis *new_analysis(struct recording *rec)
{
	AUTO(analysis_free) struct analysis *a = calloc(1, sizeof(*a));
	if (!a || !stack_tree_init(&a->tree))
		return NULL;
	a->rec = rec;
	a->tree.max_nodes = NODES_FREE + trace_reader_file_bytes(rec->reader) * NODES_PER_BYTE;
	a->kernel = module_table_get(rec->modules, MODULE_KERNEL, "[kernel]", NULL);
	return a->kernel ? TAKE(a) : NULL;
}

static bool add_thread(struct analysis *a, const struct replay_thread *thread, uint32_t *ret_index)
{
	if (a->n_threads == a->cap_threads) {
		size_t cap = a->cap_threads ? a->cap_threads * 2 : 64;
		struct analysis_thread *threads = realloc(a->threads, cap * sizeof(*threads));
		if (!threads)
			return false;
		a->threads = threads;
		a->cap_threads = cap;
	}
	struct analysis_thread *added = &a->threads[a->n_threads];
	*added = (struct analysis_thread){ .pid = thread->pid,
		.tid = thread->tid,
		.name = thread->name,
		.process_name = thread->process_name };
	*ret_index = (uint32_t)a->n_threads++;
	return true;
}

static bool find_thread(struct unwinder *u, const struct replay_thread *thread, uint32_t *ret_index)
{
	if (thread->incarnation >= u->n_thread_of) {
		size_t n = MAX((size_t)thread->incarnation + 1, u->n_thread_of * 2);
		uint32_t *grown = realloc(u->thread_of, n * sizeof(*grown));
		if (!grown)
			return false;
		memset(grown + u->n_thread_of, 0, (n - u->n_thread_of) * sizeof(*grown));
		u->thread_of = grown;
		u->n_thread_of = n;
	}
	uint32_t *index = &u->thread_of[thread->incarnation];
	if (*index) {
		*ret_index = *index - 1;
		return true;
	}
	if (!add_thread(u->a, thread, ret_index))
		return false;
	*index = *ret_index + 1;
	return true;
}

static bool add_sample(struct analysis *a, const struct analysis_sample *sample)
{
	if (a->n_samples == a->cap_samples) {
		size_t cap = a->cap_samples ? a->cap_samples * 2 : 4096;
		struct analysis_sample *samples = realloc(a->samples, cap * sizeof(*samples));
		if (!samples)
			return false;
		a->samples = samples;
		a->cap_samples = cap;
	}
	a->samples[a->n_samples++] = *sample;
	return true;
}

/* Where in its module's file the frame lies. */
static uint64_t vaddr_of(struct analysis *a, const struct mapping *mapping, uint64_t pc)
{
	uint64_t file_off = pc - mapping->start + mapping->file_off;
	uint64_t vaddr;

	module_table_load(a->rec->modules, mapping->module);
	if (!mapping->module->elf || !elf_file_vaddr(mapping->module->elf, file_off, &vaddr))
		return file_off;
	return vaddr;
}

/* Addresses as frames: the leaf first, then return addresses. */
static void frames_of_chain(
	struct unwinder *u, const struct address_space *space, const uint64_t *pcs, uint32_t n)
{
	struct unwind_result *result = &u->result;
	result->n_frames = MIN(n, (uint32_t)UNWIND_MAX_FRAMES);
	for (size_t i = 0; i < result->n_frames; i++) {
		struct unwind_frame *frame = &result->frames[i];
		uint64_t pc = pcs[i];
		uint64_t lookup_pc = i ? pc - 1 : pc;
		const struct mapping *mapping = address_space_find(space, lookup_pc);
		*frame = (struct unwind_frame){ .pc = pc, .vaddr = lookup_pc };
		if (mapping) {
			frame->module = mapping->module;
			frame->vaddr = vaddr_of(u->a, mapping, lookup_pc);
		}
	}
}

/*
 * In exec and exit the kernel works on for a process whose user stack is gone, or whose registers
 * still are those of the old program. Such a sample has no user stack, rather than a broken one.
 */
static bool is_stack_gone(const struct address_space *space, const struct trace_sample *sample,
	const struct unwind_result *result)
{
	if (!(sample->flags & TRACE_SAMPLE_IN_KERNEL) || result->n_frames > 1)
		return false;
	return !sample->stack.n_words ||
		(result->n_frames && !address_space_find(space, result->frames[0].pc - 1));
}

static bool has_guess(const struct unwind_result *result)
{
	for (size_t i = 0; i < result->n_frames; i++) {
		if (result->frames[i].flags & UNWIND_GUESSED)
			return true;
	}
	return false;
}

static void user_frames(
	struct unwinder *u, const struct address_space *space, const struct trace_sample *sample)
{
	struct analysis_stacks *stacks = &u->a->stacks;
	struct unwind_result *result = &u->result;
	struct module_table *modules = u->a->rec->modules;

	result->n_frames = 0;
	if (sample->n_user_pcs) { /* --stack fp */
		frames_of_chain(u, space, sample->user_pcs, sample->n_user_pcs);
		stacks->n_chains++;
		return;
	}
	if (!sample->regs_mask) { /* --stack none, or a thread of the kernel */
		bool in_kernel = sample->flags & TRACE_SAMPLE_IN_KERNEL;
		frames_of_chain(u, space, &sample->ip, !in_kernel);
		stacks->n_addresses += !in_kernel;
		return;
	}
	unwind_stack(u->a->rec->arch, space, sample, module_table_load, modules, result);
	if (is_stack_gone(space, sample, result)) {
		stacks->n_gone++;
		result->n_frames = result->n_frames && result->frames[0].module;
		return;
	}
	stacks->n_user++;
	stacks->ends[result->end]++;
	stacks->n_exact_mode += result->used_exact_mode;
	stacks->n_guessed += has_guess(result);
}

/* Steps from *node to its child. False: it has none, and there is no room for one. */
static bool descend(struct analysis *a, uint32_t *node, struct stack_node frame)
{
	frame.parent = *node;
	uint32_t child = stack_tree_add(&a->tree, &frame);
	if (child != STACK_TREE_ROOT)
		*node = child;
	return child != STACK_TREE_ROOT;
}

static bool add_kernel_frames(struct analysis *a, const struct trace_sample *sample, uint32_t *node)
{
	struct stack_node kernel = { .module = a->kernel->id };
	for (size_t i = sample->n_kernel_pcs; i-- > 0;) {
		kernel.vaddr = i ? sample->kernel_pcs[i] - 1 : sample->kernel_pcs[i];
		if (!descend(a, node, kernel))
			return false;
	}
	kernel.vaddr = sample->ip;
	return sample->n_kernel_pcs || !(sample->flags & TRACE_SAMPLE_IN_KERNEL) ||
		descend(a, node, kernel);
}

/* Puts the sample's frames into the tree, outermost first; *node is the innermost one that is in.
 */
static bool add_frames(struct unwinder *u, const struct trace_sample *sample, uint32_t *node)
{
	for (size_t i = u->result.n_frames; i-- > 0;) {
		const struct unwind_frame *frame = &u->result.frames[i];
		struct stack_node user = {
			.module = frame->module ? frame->module->id : STACK_NO_MODULE,
			.vaddr = frame->vaddr,
			.is_guessed = frame->flags & UNWIND_GUESSED,
		};
		if (!descend(u->a, node, user))
			return false;
	}
	return add_kernel_frames(u->a, sample, node);
}

static bool analyse_sample(struct unwinder *u, const struct trace_sample *sample,
	const struct replay_thread *thread, struct err *err)
{
	struct analysis_sample added = {
		.time_ns = sample->time_ns,
		.period = sample->period,
		.cpu = sample->cpu,
		.node = STACK_TREE_ROOT,
	};

	user_frames(u, thread->space, sample);
	if (!add_frames(u, sample, &added.node)) {
		if (u->a->tree.n_nodes < u->a->tree.max_nodes)
			return err_set(err, "no memory for stacks");
		u->a->stacks.n_cut++;
	}
	if (!find_thread(u, thread, &added.thread) || !add_sample(u->a, &added))
		return err_set(err, "no memory for samples");
	return true;
}

static bool analyse_samples(
	struct unwinder *u, const struct analysis_progress *progress, struct err *err)
{
	struct recording *rec = u->a->rec;
	struct trace_sample sample;
	struct replay_thread thread;

	while (recording_next_sample(rec, &sample, &thread, err)) {
		if (!analyse_sample(u, &sample, &thread, err))
			return false;
		if (progress->show && u->a->n_samples % PROGRESS_EVERY == 0)
			progress->show(progress->ctx, "unwinding", rec->done);
	}
	return !err->text[0];
}

bool analysis_run(struct recording *rec, const struct analysis_progress *progress,
	struct analysis **ret_analysis, struct err *err)
{
	AUTO(analysis_free) struct analysis *a = new_analysis(rec);
	AUTO_FREE struct unwind_frame *frames = calloc(UNWIND_MAX_FRAMES, sizeof(*frames));

	if (!a || !frames)
		return err_set(err, "no memory");
	struct unwinder u = { .a = a, .result.frames = frames };
	bool ok = analyse_samples(&u, progress, err);
	free(u.thread_of);
	if (ok)
		*ret_analysis = TAKE(a);
	return ok;
}
