/*
 * Threads of an xctrace export: see xctrace_threads.h.
 */
#include "formats/xctrace_threads.h"

#include "common/array.h"
#include "common/buf.h"

#include <stdio.h>

void xctrace_threads_fini(struct xctrace_threads *t)
{
	free(t->processes);
	free(t->threads);
	intern_fini(&t->made);
}

/* Where " (123)" begins at the end of the text; its length if it does not end so. */
static size_t before_pid(const char *fmt, uint32_t *ret_pid)
{
	size_t len = strlen(fmt), at = len;
	unsigned pid;
	int end = 0;
	while (at > 0 && fmt[at - 1] != '(')
		at--;
	if (at < 2 || fmt[at - 2] != ' ' || sscanf(fmt + at, "%u)%n", &pid, &end) != 1 ||
		at + (size_t)end != len)
		return len;
	*ret_pid = pid;
	return at - 2;
}

uint32_t xctrace_threads_add_process(struct xctrace_threads *t, const char *fmt, uint32_t pid)
{
	if (!ARRAY_ROOM(t->processes, t->cap_processes, t->n_processes)) {
		t->failed = true;
		return PROFILE_NONE;
	}
	uint32_t told = pid;
	size_t len = before_pid(fmt, &told);
	t->processes[t->n_processes] =
		(struct xctrace_process){ profile_add_string_n(t->p, fmt, len), pid ? pid : told };
	return (uint32_t)t->n_processes++;
}

uint32_t xctrace_threads_add(
	struct xctrace_threads *t, const char *fmt, uint32_t tid, uint32_t process)
{
	if (!ARRAY_ROOM(t->threads, t->cap_threads, t->n_threads)) {
		t->failed = true;
		return PROFILE_NONE;
	}
	t->threads[t->n_threads] = (struct xctrace_thread){ .fmt = profile_add_string(t->p, fmt),
		.tid = tid,
		.process = process,
		.made = PROFILE_NONE };
	return (uint32_t)t->n_threads++;
}

/* Takes end from the end of the text. */
static bool cut(const char *text, size_t *len, const char *end, size_t end_len)
{
	if (*len < end_len || memcmp(text + *len - end_len, end, end_len) != 0)
		return false;
	*len -= end_len;
	return true;
}

/* The text without " (PROCESS, pid: 12)" and the number, which dialects write in three ways. */
static size_t name_length(const char *fmt, uint32_t tid, const char *process, uint32_t pid)
{
	AUTO_BUF struct buf end = BUF_INIT;
	size_t len = strlen(fmt);
	char number[3][24];
	buf_fmt(&end, " (%s, pid: %u)", process, pid);
	if (end.failed || !cut(fmt, &len, (const char *)end.data, end.len))
		return len;
	snprintf(number[0], sizeof(number[0]), "  0x%x", tid);
	snprintf(number[1], sizeof(number[1]), " 0x%x", tid);
	snprintf(number[2], sizeof(number[2]), " (0x%x)", tid);
	for (size_t i = 0; i < ARRAY_LEN(number); i++)
		if (cut(fmt, &len, number[i], strlen(number[i])))
			break;
	return len;
}

static bool same_thread(
	const struct profile *p, uint32_t index, const struct profile_thread *thread)
{
	const struct profile_thread *other = &p->threads[index];
	return other->pid == thread->pid && other->tid == thread->tid &&
		other->name == thread->name && other->process_name == thread->process_name;
}

static uint32_t find_or_make(struct xctrace_threads *t, const struct profile_thread *thread)
{
	uint32_t hash =
		(uint32_t)intern_mix(intern_mix(t->seed, (uint64_t)thread->pid << 32 | thread->tid),
			(uint64_t)thread->name << 32 | thread->process_name);
	size_t at;
	for (uint32_t i = intern_first(&t->made, hash, &at); i != INTERN_NONE;
		i = intern_next(&t->made, hash, &at))
		if (same_thread(t->p, i, thread))
			return i;
	uint32_t made = profile_add_thread(t->p, thread);
	t->failed |= !intern_add(&t->made, hash, made);
	return made;
}

static uint32_t make(struct xctrace_threads *t, const struct xctrace_thread *from, uint32_t process)
{
	static const struct xctrace_process unknown;
	const struct xctrace_process *of =
		process < t->n_processes ? &t->processes[process] : &unknown;
	const char *fmt = profile_string(t->p, from->fmt);
	size_t len = name_length(fmt, from->tid, profile_string(t->p, of->name), of->pid);
	t->n_bytes += strlen(fmt);
	const struct profile_thread thread = { .pid = of->pid,
		.tid = from->tid,
		.name = profile_add_string_n(t->p, fmt, len),
		.process_name = of->name };
	return find_or_make(t, &thread);
}

uint32_t xctrace_threads_get(struct xctrace_threads *t, uint32_t thread, uint32_t process)
{
	static const struct xctrace_thread unknown = { .process = PROFILE_NONE };
	if (thread >= t->n_threads)
		return make(t, &unknown, process);
	struct xctrace_thread *from = &t->threads[thread];
	if (process == PROFILE_NONE)
		process = from->process;
	if (from->made == PROFILE_NONE || from->made_for != process) {
		from->made = make(t, from, process);
		from->made_for = process;
	}
	return from->made;
}
