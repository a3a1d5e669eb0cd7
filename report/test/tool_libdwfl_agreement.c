/*
 * Unwinds every sample of a trace twice, with ddrec's unwinder and with elfutils' libdwfl on the
 *same registers and stack words, and counts how they compare:
 *
 *	tool_libdwfl_agreement [-v] TRACE
 *
 * Prints a line a class, and -v the two stacks of the first samples of each. Exits with 1 when a
 * sample is in one of the last two classes. The classes before them are judged in ddrec's favour:
 *
 * - a frame that ddrec marks as guessed: there is no rule to follow, libdwfl guesses or stops;
 * - ddrec goes on: its stack is libdwfl's and more, by rules;
 * - libdwfl skips a frame: the stacks are equal but for one caller that libdwfl leaves out. Seen
 *   where the function's row says that the return address is still at the stack pointer (as
 *   readelf -wF shows it), and libdwfl 0.188 took the frame pointer's chain instead;
 * - libdwfl leaves the code: its frame cannot be. Seen in rt_sigreturn, where the thread stands
 *   behind the last instruction that a rule covers.
 */
#include "report/elf_file.h"
#include "report/sample_reader.h"
#include "report/unwind.h"

#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { MAX_FRAMES = UNWIND_MAX_FRAMES, SHOWN_PER_CLASS = 5 };

enum outcome {
	EQUAL,
	EQUAL_UP_TO_A_GUESS,
	DDREC_GOES_ON,
	LIBDWFL_SKIPS_A_FRAME,
	LIBDWFL_LEAVES_THE_CODE,
	LIBDWFL_GOES_ON,
	DIFFER,
	N_OUTCOMES
};

static const char *const outcome_text[N_OUTCOMES] = {
	[EQUAL] = "equal",
	[EQUAL_UP_TO_A_GUESS] = "equal up to a frame that ddrec marks as guessed",
	[DDREC_GOES_ON] = "ddrec goes on where libdwfl stops",
	[LIBDWFL_SKIPS_A_FRAME] = "equal but for a frame that libdwfl skips",
	[LIBDWFL_LEAVES_THE_CODE] = "libdwfl's next frame is where no code is mapped",
	[LIBDWFL_GOES_ON] = "libdwfl goes on where ddrec stops",
	[DIFFER] = "differ",
};

struct oracle {
	Dwfl *dwfl;
	const struct address_space *space; /* that dwfl describes */
	uint64_t generation;
	const struct arch *arch;
	const struct trace_sample *sample;
	uint64_t pcs[MAX_FRAMES];
	size_t n_pcs;
	bool started;
};

static const Dwfl_Callbacks dwfl_callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static pid_t next_thread(Dwfl *dwfl UNUSED, void *ctx, void **thread)
{
	struct oracle *oracle = ctx;
	if (*thread)
		return 0;
	*thread = oracle;
	return (pid_t)oracle->sample->tid;
}

static bool memory_read(Dwfl *dwfl UNUSED, Dwarf_Addr at, Dwarf_Word *ret_word, void *ctx)
{
	const struct oracle *oracle = ctx;
	const struct trace_stack *stack = &oracle->sample->stack;
	uint64_t sp = oracle->sample->regs[oracle->arch->sp];
	if (at < sp || (at - sp) % 8 || (at - sp) / 8 >= stack->n_words)
		return false;
	*ret_word = stack->words[(at - sp) / 8];
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *ctx)
{
	const struct oracle *oracle = ctx;
	const uint64_t *regs = oracle->sample->regs;
	unsigned n = oracle->arch->pc == 16 ? 17 : 32;
	if (!dwfl_thread_state_registers(thread, 0, n, regs))
		return false;
	dwfl_thread_state_register_pc(thread, regs[oracle->arch->pc]);
	return true;
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_registers,
};

static int take_frame(Dwfl_Frame *frame, void *ctx)
{
	struct oracle *oracle = ctx;
	Dwarf_Addr pc;
	if (!dwfl_frame_pc(frame, &pc, NULL) || oracle->n_pcs == MAX_FRAMES)
		return DWARF_CB_ABORT;
	oracle->pcs[oracle->n_pcs++] = pc;
	return DWARF_CB_OK;
}

/* libdwfl wants a file: the vdso's image is put into one. */
static int module_fd(struct module *m)
{
	size_t size;
	if (m->kind != MODULE_VDSO)
		return -1;
	const char *image = elf_rawfile(elf_file_libelf(m->elf), &size);
	int fd = memfd_create("vdso", MFD_CLOEXEC);
	return image && write(fd, image, size) == (ssize_t)size ? fd : -1;
}

/* A mapping begins at a page, its segment perhaps within it. */
static void report_module(Dwfl *dwfl, const struct mapping *mapping)
{
	struct module *m = mapping->module;
	uint64_t file_end = mapping->file_off + (mapping->end - mapping->start);
	size_t n;
	const struct elf_segment *segments = m->elf ? elf_file_segments(m->elf, &n) : NULL;
	for (size_t i = 0; segments && i < n; i++) {
		const struct elf_segment *s = &segments[i];
		if (!s->executable || s->file_off >= file_end ||
			s->file_off + s->file_bytes <= mapping->file_off)
			continue;
		uint64_t bias = mapping->start - mapping->file_off + s->file_off - s->vaddr;
		dwfl_report_elf(dwfl, m->path, m->kind == MODULE_VDSO ? "vdso" : m->path,
			module_fd(m), bias, true);
		return;
	}
}

static bool describe_space(
	struct oracle *oracle, struct module_table *modules, const struct address_space *space)
{
	if (oracle->dwfl && oracle->space == space && oracle->generation == space->generation)
		return true;
	dwfl_end(oracle->dwfl);
	oracle->dwfl = dwfl_begin(&dwfl_callbacks);
	oracle->space = space;
	oracle->generation = space->generation;
	dwfl_report_begin(oracle->dwfl);
	for (size_t i = 0; i < space->n_mappings; i++) {
		module_table_load(modules, space->mappings[i].module);
		report_module(oracle->dwfl, &space->mappings[i]);
	}
	dwfl_report_end(oracle->dwfl, NULL, NULL);
	return dwfl_attach_state(
		oracle->dwfl, NULL, (pid_t)oracle->sample->pid, &thread_callbacks, oracle);
}

static size_t common_frames(
	const struct unwind_frame *frames, size_t n_frames, const uint64_t *pcs, size_t n_pcs)
{
	size_t n = 0;
	while (n < n_frames && n < n_pcs && frames[n].pc == pcs[n])
		n++;
	return n;
}

/* How two stacks compare; a libdwfl stack may end in a frame with pc 0, which is none. */
static enum outcome compare(const struct address_space *space, const struct unwind_result *ours,
	const uint64_t *pcs, size_t n_pcs)
{
	while (n_pcs && !pcs[n_pcs - 1])
		n_pcs--;
	size_t n = common_frames(ours->frames, ours->n_frames, pcs, n_pcs);
	size_t left = ours->n_frames - n;
	if (!left && n == n_pcs)
		return EQUAL;
	if (left && ours->frames[n].flags & UNWIND_GUESSED)
		return EQUAL_UP_TO_A_GUESS;
	if (n == n_pcs)
		return DDREC_GOES_ON;
	if (left == n_pcs - n + 1 &&
		common_frames(&ours->frames[n + 1], left - 1, pcs + n, n_pcs - n) == left - 1)
		return LIBDWFL_SKIPS_A_FRAME;
	if (!address_space_find(space, pcs[n] - 1))
		return LIBDWFL_LEAVES_THE_CODE;
	return left ? DIFFER : LIBDWFL_GOES_ON;
}

static void show(
	const struct oracle *oracle, const struct unwind_result *ours, enum outcome outcome)
{
	printf("-- %s: pid %u tid %u; ddrec ended: %s; libdwfl: %s\n", outcome_text[outcome],
		oracle->sample->pid, oracle->sample->tid, unwind_end_text(ours->end),
		dwfl_errmsg(-1));
	for (size_t i = 0; i < MAX(ours->n_frames, oracle->n_pcs) && i < 60; i++) {
		const struct unwind_frame *f = i < ours->n_frames ? &ours->frames[i] : NULL;
		printf("   %2zu %#18" PRIx64 " %c %#18" PRIx64 " %s+%#" PRIx64 "%s\n", i,
			f ? f->pc : 0,
			f && i < oracle->n_pcs && f->pc == oracle->pcs[i] ? '=' : '!',
			i < oracle->n_pcs ? oracle->pcs[i] : 0,
			f && f->module ? f->module->path : "-", f ? f->vaddr : 0,
			f && f->flags & UNWIND_GUESSED ? " guessed" : "");
	}
}

struct run {
	struct recording *rec;
	struct oracle oracle;
	struct unwind_result result;
	uint64_t counts[N_OUTCOMES];
	bool verbose;
};

static bool judge(struct run *run, const struct trace_sample *sample,
	const struct address_space *space, struct err *err)
{
	struct module_table *modules = run->rec->modules;

	unwind_stack(run->rec->arch, space, sample, module_table_load, modules, &run->result);
	run->oracle.sample = sample;
	run->oracle.n_pcs = 0;
	if (!describe_space(&run->oracle, modules, space))
		return err_set(err, "libdwfl: %s", dwfl_errmsg(-1));
	dwfl_getthread_frames(run->oracle.dwfl, (pid_t)sample->tid, take_frame, &run->oracle);
	enum outcome outcome = compare(space, &run->result, run->oracle.pcs, run->oracle.n_pcs);
	if (run->counts[outcome]++ < SHOWN_PER_CLASS && run->verbose && outcome != EQUAL)
		show(&run->oracle, &run->result, outcome);
	return true;
}

int main(int argc, char **argv)
{
	static struct unwind_frame frames[UNWIND_MAX_FRAMES];
	static struct run run;
	struct trace_sample sample;
	struct replay_thread thread;
	struct sample_reader *reader;
	struct err err = { 0 };

	run.verbose = argc > 2 && strcmp(argv[1], "-v") == 0;
	run.result.frames = frames;
	if (argc < 2 ||
		!recording_open(argv[argc - 1], &(struct recording_options){ 0 }, &run.rec, &err) ||
		!sample_reader_new(run.rec, &reader, &err)) {
		fprintf(stderr, "usage: tool_libdwfl_agreement [-v] TRACE: %s\n", err.text);
		return 2;
	}
	run.oracle.arch = run.rec->arch;
	while (sample_reader_next_of_all(reader, &sample, &thread, &err)) {
		if (sample.stack.n_words && !judge(&run, &sample, thread.space, &err))
			break;
	}
	if (err.text[0]) {
		fprintf(stderr, "tool_libdwfl_agreement: %s\n", err.text);
		return 2;
	}
	for (int i = 0; i < N_OUTCOMES; i++)
		printf("%8" PRIu64 "  %s\n", run.counts[i], outcome_text[i]);
	dwfl_end(run.oracle.dwfl);
	sample_reader_free(reader);
	recording_close(run.rec);
	return run.counts[LIBDWFL_GOES_ON] + run.counts[DIFFER] ? 1 : 0;
}
