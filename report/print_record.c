/*
 * One printer for each kind of event, in a table: see print_record.h.
 */
#include "report/print_record.h"

#include "common/defs.h"
#include "formats/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct printer {
	const char *name;
	void (*print)(const struct trace_event *event);
};

void print_name(const char *name)
{
	for (const char *end = name + strlen(name), *from = name; from < end; from = name) {
		uint32_t c = utf8_next(&name, end);
		bool is_malformed = c == UTF8_REPLACEMENT && name == from + 1;
		bool is_plain = !is_malformed && !utf8_is_harmful(c) && c != '\\';
		for (; from < name; from++)
			printf(is_plain ? "%c" : "\\x%02x", (unsigned char)*from);
	}
}

void print_build_id(const struct build_id *id)
{
	for (unsigned i = 0; i < id->len; i++)
		printf("%02x", id->bytes[i]);
	if (!id->len)
		putchar('-');
}

static void print_mmap(const struct trace_event *event)
{
	const struct trace_mmap *m = &event->mmap;
	printf(" %#" PRIx64 "-%#" PRIx64 " off %#" PRIx64 " prot %x flags %x dev %x:%x inode "
	       "%" PRIu64 " build-id ",
		m->start, m->start + m->len, m->file_off, m->prot, m->flags, m->dev_major,
		m->dev_minor, m->inode);
	print_build_id(&m->build_id);
	putchar(' ');
	print_name(m->path);
}

static void print_comm(const struct trace_event *event)
{
	printf(" %s ", event->comm.is_exec ? "exec" : "name");
	print_name(event->comm.name);
}

static void print_fork(const struct trace_event *event)
{
	printf(" parent %u/%u", event->fork.parent_pid, event->fork.parent_tid);
}

static void print_nothing(const struct trace_event *event UNUSED)
{
}

static void print_lost(const struct trace_event *event)
{
	printf(" %" PRIu64 " %s on cpu %u", event->lost.count,
		event->lost.of_sideband ? "events" : "samples", event->lost.cpu);
}

static void print_throttle(const struct trace_event *event)
{
	printf(" cpu %u %s", event->throttle.cpu, event->throttle.resumed ? "resumed" : "paused");
}

static void print_build_id_event(const struct trace_event *event)
{
	putchar(' ');
	print_build_id(&event->build_id.id);
	putchar(' ');
	print_name(event->build_id.path);
}

static const struct printer printers[] = {
	[TRACE_MMAP] = { "mmap", print_mmap },
	[TRACE_COMM] = { "comm", print_comm },
	[TRACE_FORK] = { "fork", print_fork },
	[TRACE_EXIT] = { "exit", print_nothing },
	[TRACE_LOST] = { "lost", print_lost },
	[TRACE_THROTTLE] = { "throttle", print_throttle },
	[TRACE_BUILD_ID] = { "build-id", print_build_id_event },
};

static void print_head(
	const struct printing *p, const char *kind, uint64_t time_ns, uint32_t pid, uint32_t tid)
{
	bool is_before = time_ns < p->start_ns;
	uint64_t distance_ns = is_before ? p->start_ns - time_ns : time_ns - p->start_ns;
	printf("%s %s%" PRIu64 ".%09" PRIu64 " %u/%u", kind, is_before ? "-" : "",
		distance_ns / 1000000000, distance_ns % 1000000000, pid, tid);
}

void print_event(const struct printing *p, const struct trace_event *event)
{
	if ((size_t)event->kind >= ARRAY_LEN(printers) || !printers[event->kind].print)
		return;
	print_head(p, printers[event->kind].name, event->time_ns, event->pid, event->tid);
	printers[event->kind].print(event);
	putchar('\n');
}

static void print_chain(const char *name, const uint64_t *pcs, uint32_t n)
{
	if (!n)
		return;
	printf(" %s", name);
	for (uint32_t i = 0; i < n; i++)
		printf("%c%" PRIx64, i ? ',' : ' ', pcs[i]);
}

static void print_registers(const struct printing *p, const struct trace_sample *sample)
{
	if (!sample->regs_mask)
		return;
	printf(" regs");
	for (unsigned r = 0; r < ARCH_MAX_REGS; r++) {
		if (!(sample->regs_mask >> r & 1))
			continue;
		if (p->arch && r < p->arch->n_regs)
			printf(" %s=%" PRIx64, p->arch->reg_names[r], sample->regs[r]);
		else
			printf(" r%u=%" PRIx64, r, sample->regs[r]);
	}
}

static void print_stack(const struct printing *p, const struct trace_stack *stack)
{
	uint32_t kept = 0;
	if (!stack->n_words)
		return;
	for (uint32_t i = 0; i < stack->n_words; i++)
		kept += stack->words[i] != 0;
	printf(" stack slot %u words %u kept %u reused %u..%u%s", stack->slot, stack->n_words, kept,
		stack->reuse_from, stack->reuse_to, stack->truncated ? " truncated" : "");
	for (uint32_t i = 0; p->words && i < stack->n_words; i++) {
		if (stack->words[i])
			printf(" +%x:%" PRIx64, 8 * i, stack->words[i]);
	}
}

void print_sample(const struct printing *p, const struct trace_sample *sample)
{
	print_head(p, "sample", sample->time_ns, sample->pid, sample->tid);
	printf(" cpu %u period %" PRIu64 "%s ip %" PRIx64, sample->cpu, sample->period,
		sample->flags & TRACE_SAMPLE_IN_KERNEL ? " kernel" : "", sample->ip);
	print_chain("kernel-stack", sample->kernel_pcs, sample->n_kernel_pcs);
	print_chain("user-stack", sample->user_pcs, sample->n_user_pcs);
	print_registers(p, sample);
	print_stack(p, &sample->stack);
	putchar('\n');
}
