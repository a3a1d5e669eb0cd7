/*
 * Unwinding on one thread: see stack_worker.h.
 *
 * Each sample's kernel and user frames go into the tree of stacks, outermost first; what is left of
 * a sample is its time, thread, weight and node.
 */
#include "report/stack_worker.h"

#include "common/array.h"
#include "report/elf_file.h"
#include "report/sample_reader.h"
#include "report/unwind_code.h"
#include "report/unwinder.h"

/* As in recording.c: a small file shall not grow a tree that no real trace of its size has. A node
 * takes some 200 bytes until it is printed; gcc makes one for 18 bytes of its trace. */
enum { NODES_FREE = 2 << 20, NODES_PER_BYTE = 2 };

/* What is needed while batches are read. */
struct work {
	struct stack_worker *w;
	struct unwinder *unwinder;
	struct unwinder_stack stack; /* the sample's */
	struct unwind_frame *chain;  /* room for the frames of a chain that the kernel walked */
	uint32_t *chain_nodes;       /* all 0 */
	struct sample_set samples;   /* of the batch at work */
};

bool stack_worker_init(struct stack_worker *w, uint32_t number, struct recording *rec,
	const struct module *kernel, const struct analysis_options *options)
{
	*w = (struct stack_worker){
		.number = number, .options = options, .rec = rec, .kernel = kernel->id
	};
	thread_set_init(&w->threads, !options->keep_threads);
	if (!stack_tree_init(&w->tree))
		return false;
	w->tree.max_nodes = NODES_FREE + rec->in->file_bytes * NODES_PER_BYTE;
	return true;
}

void stack_worker_fini(struct stack_worker *w)
{
	stack_tree_fini(&w->tree);
	thread_set_fini(&w->threads);
	for (size_t i = 0; i < w->n_batches; i++)
		free(w->batches[i].samples);
	free(w->batches);
	*w = (struct stack_worker){ 0 };
}

/* Addresses as frames: the leaf first, then return addresses. */
static void frames_of_chain(
	struct work *work, const struct address_space *space, const uint64_t *pcs, uint32_t n)
{
	struct module_table *modules = work->w->rec->modules;
	work->stack = (struct unwinder_stack){
		.frames = work->chain,
		.nodes = work->chain_nodes,
		.n_frames = MIN(n, (uint32_t)TRACE_MAX_CHAIN),
	};
	for (size_t i = 0; i < work->stack.n_frames; i++) {
		struct unwind_frame *frame = &work->chain[i];
		*frame = (struct unwind_frame){ .pc = pcs[i], .flags = i ? 0 : UNWIND_INTERRUPTED };
		frame->vaddr = unwind_lookup_pc(frame);
		frame->module = unwind_module_find(
			space, module_table_load, modules, frame->vaddr, &frame->vaddr);
		if (frame->module && frame->module->elf)
			elf_file_vaddr(frame->module->elf, frame->vaddr, &frame->vaddr);
	}
}

/*
 * In exec and exit the kernel works on for a process whose user stack is gone, or whose registers
 * still are those of the old program. Such a sample has no user stack, rather than a broken one.
 */
static bool is_stack_gone(const struct address_space *space, const struct trace_sample *sample,
	const struct unwinder_stack *stack)
{
	if (!(sample->flags & TRACE_SAMPLE_IN_KERNEL) || stack->n_frames > 1)
		return false;
	return !sample->stack.n_words ||
		(stack->n_frames && !address_space_find(space, stack->frames[0].pc - 1));
}

static bool has_guess(const struct unwinder_stack *stack)
{
	for (size_t i = 0; i < stack->n_frames; i++) {
		if (stack->frames[i].flags & UNWIND_GUESSED)
			return true;
	}
	return false;
}

static void user_frames(
	struct work *work, const struct address_space *space, const struct trace_sample *sample)
{
	struct analysis_stacks *stacks = &work->w->stacks;
	struct unwinder_stack *stack = &work->stack;

	if (sample->n_user_pcs) { /* frame pointers, or the CPU's record of branches */
		unwinder_skip(work->unwinder, sample);
		frames_of_chain(work, space, sample->user_pcs, sample->n_user_pcs);
		stacks->n_chains++;
		return;
	}
	if (!sample->regs_mask) { /* no stack was recorded, or a thread of the kernel */
		bool in_kernel = sample->flags & TRACE_SAMPLE_IN_KERNEL;
		unwinder_skip(work->unwinder, sample);
		frames_of_chain(work, space, &sample->ip, !in_kernel);
		stacks->n_addresses += !in_kernel;
		return;
	}
	unwinder_walk(work->unwinder, space, sample, stack);
	if (is_stack_gone(space, sample, stack)) {
		stacks->n_gone++;
		stack->n_frames = stack->n_frames && stack->frames[0].module;
		return;
	}
	stacks->n_user++;
	stacks->ends[stack->end]++;
	stacks->n_exact_mode += stack->used_exact_mode;
	stacks->n_guessed += has_guess(stack);
}

/* Steps from *node to its child. False: it has none, and there is no room for one. */
static bool descend(struct stack_tree *tree, uint32_t *node, struct stack_node frame)
{
	frame.parent = *node;
	uint32_t child = stack_tree_add(tree, &frame);
	if (child != STACK_TREE_ROOT)
		*node = child;
	return child != STACK_TREE_ROOT;
}

static bool add_kernel_frames(
	struct stack_worker *w, const struct trace_sample *sample, uint32_t *node)
{
	struct stack_node kernel = { .module = w->kernel };
	for (size_t i = sample->n_kernel_pcs; i-- > 0;) {
		kernel.vaddr = i ? sample->kernel_pcs[i] - 1 : sample->kernel_pcs[i];
		if (!descend(&w->tree, node, kernel))
			return false;
	}
	kernel.vaddr = sample->ip;
	return sample->n_kernel_pcs || !(sample->flags & TRACE_SAMPLE_IN_KERNEL) ||
		descend(&w->tree, node, kernel);
}

/* How many of the innermost frames have to be put into the tree: the others were there with the
 * slot's last stack. *node becomes the innermost of those. */
static size_t count_new(const struct unwinder_stack *stack, uint32_t *node)
{
	size_t n = stack->n_frames - MIN(stack->n_shared, stack->n_frames);
	while (n < stack->n_frames && stack->nodes[n] == STACK_TREE_ROOT)
		n++;
	if (n < stack->n_frames)
		*node = stack->nodes[n];
	return n;
}

/* Puts the sample's frames into the tree, outermost first; *node is the innermost one that is in.
 */
static bool add_frames(struct work *work, const struct trace_sample *sample, uint32_t *node)
{
	struct stack_worker *w = work->w;
	for (size_t i = count_new(&work->stack, node); i-- > 0;) {
		const struct unwind_frame *frame = &work->stack.frames[i];
		struct stack_node user = {
			.module = frame->module ? frame->module->id : STACK_NO_MODULE,
			.vaddr = frame->vaddr,
			.is_guessed = frame->flags & UNWIND_GUESSED,
		};
		if (!descend(&w->tree, node, user))
			return false;
		if (work->stack.nodes != work->chain_nodes)
			work->stack.nodes[i] = *node;
	}
	return add_kernel_frames(w, sample, node);
}

static bool work_on_sample(struct work *work, const struct trace_sample *sample,
	const struct replay_thread *replay, struct err *err)
{
	struct stack_worker *w = work->w;
	struct analysis_thread thread = { replay->pid, replay->tid, replay->incarnation,
		replay->name, replay->process_name };
	struct analysis_sample added = {
		.period = sample->period,
		.time_ns = sample->time_ns,
		.count = 1,
		.cpu = sample->cpu,
		.node = STACK_TREE_ROOT,
	};

	user_frames(work, replay->space, sample);
	if (!add_frames(work, sample, &added.node)) {
		if (w->tree.n_nodes < w->tree.max_nodes)
			return err_set(err, "no memory for stacks");
		w->stacks.n_cut++;
	}
	if (!thread_set_add(&w->threads, &thread, &added.thread) ||
		!sample_set_add(&work->samples, &added))
		return err_set(err, "no memory for samples");
	return true;
}

static bool keep_batch(struct work *work, const struct input_batch *batch, struct err *err)
{
	struct stack_worker *w = work->w;
	if (!ARRAY_ROOM(w->batches, w->cap_batches, w->n_batches))
		return err_set(err, "no memory for samples");
	struct stack_batch *kept = &w->batches[w->n_batches++];
	*kept = (struct stack_batch){ .number = batch->number, .worker = w->number };
	kept->samples = sample_set_take(&work->samples, &kept->n_samples);
	return true;
}

static bool work_on_batch(struct work *work, struct sample_reader *reader,
	const struct input_batch *batch, struct err *err)
{
	struct trace_sample sample;
	struct replay_thread thread;

	unwinder_begin_batch(work->unwinder);
	if (!sample_reader_begin(reader, batch, err))
		return false;
	while (sample_reader_next(reader, &sample, &thread, err)) {
		if (!work_on_sample(work, &sample, &thread, err))
			return false;
	}
	return !err->text[0] && keep_batch(work, batch, err);
}

static bool work_on_all(struct work *work, struct err *err)
{
	AUTO(sample_reader_free) struct sample_reader *reader = NULL;
	const struct analysis_progress *progress = &work->w->options->progress;
	struct recording *rec = work->w->rec;
	struct input_batch batch;

	if (!sample_reader_new(rec, &reader, err))
		return false;
	while (recording_next_batch(rec, &batch, err)) {
		if (!work_on_batch(work, reader, &batch, err))
			return false;
		if (progress->show && work->w->number == 0)
			progress->show(progress->ctx, "unwinding", recording_done(rec));
	}
	return !err->text[0];
}

bool stack_worker_run(struct stack_worker *w, struct err *err)
{
	AUTO(unwinder_free)
	struct unwinder *unwinder = unwinder_new(w->rec->arch, module_table_load, w->rec->modules);
	AUTO_FREE struct unwind_frame *chain = calloc(TRACE_MAX_CHAIN, sizeof(*chain));
	AUTO_FREE uint32_t *chain_nodes = calloc(TRACE_MAX_CHAIN, sizeof(*chain_nodes));
	if (!unwinder || !chain || !chain_nodes)
		return err_set(err, "no memory");
	struct work work = {
		.w = w, .unwinder = unwinder, .chain = chain, .chain_nodes = chain_nodes
	};
	sample_set_init(&work.samples, w->options->keep_times);
	bool ok = work_on_all(&work, err);
	sample_set_fini(&work.samples);
	return ok;
}
