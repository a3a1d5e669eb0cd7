/*
 * Labels of threads and times: see pprof_labels.h.
 */
#include "formats/pprof_labels.h"

#include <string.h>

enum kind { OTHER, THREAD_NAME, PROCESS_NAME, TID, PID, TIME };

static const struct {
	const char *key;
	enum kind kind;
} known[] = {
	{ "thread", THREAD_NAME },
	{ "thread name", THREAD_NAME },
	{ "comm", PROCESS_NAME },
	{ "process name", PROCESS_NAME },
	{ "tid", TID },
	{ "thread id", TID },
	{ "thread native id", TID },
	{ "pid", PID },
	{ "process id", PID },
	{ "timestamp", TIME },
	{ "end timestamp ns", TIME },
};

bool pprof_labels_init(struct pprof_labels *l, const struct pprof_file *f)
{
	*l = (struct pprof_labels){ .f = f, .kinds = calloc(f->n_strings + 1, 1) };
	return l->kinds;
}

void pprof_labels_fini(struct pprof_labels *l)
{
	free(l->kinds);
	intern_fini(&l->threads);
}

/* Whether the key is that name, '_' being a blank. */
static bool is_key(const char *key, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if ((key[i] == '_' ? ' ' : key[i]) != name[i] || !name[i])
			return false;
	return !name[len];
}

static const char *string_of(const struct pprof_labels *l, uint64_t string, size_t *ret_len)
{
	*ret_len = l->f->n_strings ? l->f->strings[string].len : 0;
	return l->f->n_strings ? (const char *)l->f->data->data + l->f->strings[string].offset : "";
}

static enum kind kind_of(struct pprof_labels *l, uint64_t key)
{
	size_t len;
	const char *text = string_of(l, key, &len);
	if (l->kinds[key])
		return (enum kind)(l->kinds[key] - 1);
	enum kind kind = OTHER;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (is_key(text, len, known[i].key))
			kind = known[i].kind;
	l->kinds[key] = (uint8_t)(kind + 1);
	return kind;
}

/* Ids are numbers, but some write them as text; what is too large for one is none. */
static uint32_t number_of(const struct pprof_labels *l, const struct pprof_file_label *label)
{
	size_t len;
	const char *text = string_of(l, label->str, &len);
	uint64_t n = label->num;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || n > UINT32_MAX)
			return 0;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

uint64_t pprof_labels_read(
	struct pprof_labels *l, const struct pprof_file_sample *s, struct pprof_thread_labels *ret)
{
	uint64_t time_ns = 0;
	*ret = (struct pprof_thread_labels){ 0 };
	for (size_t i = 0; i < s->n_labels; i++) {
		const struct pprof_file_label *label = &s->labels[i];
		enum kind kind = kind_of(l, label->key);
		if (kind == THREAD_NAME)
			ret->name = label->str;
		else if (kind == PROCESS_NAME)
			ret->process_name = label->str;
		else if (kind == TID)
			ret->tid = number_of(l, label);
		else if (kind == PID)
			ret->pid = number_of(l, label);
		else if (kind == TIME)
			time_ns = label->num;
		ret->has_time |= kind == TIME;
		ret->has_others |= kind == OTHER;
	}
	return time_ns;
}

uint32_t pprof_labels_thread(struct pprof_labels *l, struct profile *p, uint32_t name,
	uint32_t process_name, const struct pprof_thread_labels *labels)
{
	uint64_t h = intern_mix(name, (uint64_t)labels->pid << 32 | labels->tid);
	uint32_t hash = (uint32_t)intern_mix(h, process_name);
	size_t at;
	l->has_threads |= name || process_name || labels->tid || labels->pid;
	for (uint32_t id = intern_first(&l->threads, hash, &at); id != INTERN_NONE;
		id = intern_next(&l->threads, hash, &at)) {
		const struct profile_thread *t = &p->threads[id];
		if (t->name == name && t->process_name == process_name && t->pid == labels->pid &&
			t->tid == labels->tid)
			return id;
	}
	struct profile_thread added = {
		.pid = labels->pid, .tid = labels->tid, .name = name, .process_name = process_name
	};
	uint32_t id = profile_add_thread(p, &added);
	/* Without memory the thread is not known again, which is no worse than a lost profile. */
	if (!intern_add(&l->threads, hash, id))
		profile_add_note(p, "threads that may occur twice: no memory to look them up", 1);
	return id;
}
