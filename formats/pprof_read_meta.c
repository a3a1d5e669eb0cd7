/*
 * What a pprof file says of the whole: see pprof_reader.h. Comments are kept as they are, and those
 * that ddrec writes are understood.
 */
#include "formats/pprof_reader.h"

#include "common/buf.h"

#include <string.h>

enum { MAX_REMARKS = 1 << 20 }; /* bytes */

/* All comments but the first ones. */
static void add_remarks(struct pprof_reader *r, size_t first)
{
	AUTO_BUF struct buf text = BUF_INIT;
	for (size_t i = first; i < r->f->n_comments; i++) {
		const char *comment = pprof_reader_text(r, r->f->comments[i]);
		if (text.len + strlen(comment) > MAX_REMARKS) {
			profile_add_note(r->p, "comments of the file beyond a megabyte, left out",
				r->f->n_comments - i);
			break;
		}
		if (i > first)
			buf_u8(&text, '\n');
		buf_str(&text, comment);
	}
	if (text.len && !text.failed)
		r->p->meta.remarks = profile_add_string_n(r->p, (const char *)text.data, text.len);
}

/* "build7, Linux 6.18.0, x86_64"; with fewer commas all of it is taken for the host. */
static void take_host(struct profile *p, const char *text)
{
	struct profile_meta *m = &p->meta;
	const char *kernel = strstr(text, ", "), *arch = kernel;
	for (const char *at = kernel; at; at = strstr(at + 2, ", "))
		arch = at;
	if (kernel == arch) {
		m->host = profile_add_string(p, text);
		return;
	}
	m->host = profile_add_string_n(p, text, (size_t)(kernel - text));
	m->kernel = profile_add_string_n(p, kernel + 2, (size_t)(arch - kernel - 2));
	m->arch = profile_add_string(p, arch + 2);
}

static void take_event(struct profile *p, const char *text)
{
	const char *clock = strstr(text, ": ");
	size_t len = clock ? (size_t)(clock - text) : strlen(text);
	p->meta.event = profile_add_string_n(p, text, len);
	p->meta.clock = clock ? profile_add_string(p, clock + 2) : 0;
}

static void take_command(struct profile *p, const char *text)
{
	p->meta.command = profile_add_string(p, text);
}

static void take_tool(struct profile *p, const char *text)
{
	p->meta.tool = profile_add_string(p, text);
}

/* The comments that ddrec begins with; returns how many there are. */
static size_t take_comments(struct pprof_reader *r)
{
	static const struct {
		const char *label;
		void (*take)(struct profile *p, const char *text);
	} known[] = {
		{ "ddrec: ", take_tool },
		{ "command: ", take_command },
		{ "host: ", take_host },
		{ "event: ", take_event },
	};
	size_t n = 0;
	for (size_t k = 0; k < ARRAY_LEN(known) && n < r->f->n_comments; k++) {
		const char *comment = pprof_reader_text(r, r->f->comments[n]);
		size_t len = strlen(known[k].label);
		if (!strncmp(comment, known[k].label, len)) {
			known[k].take(r->p, comment + len);
			n++;
		} else if (!k) {
			return 0;
		}
	}
	return n;
}

void pprof_reader_add_meta(struct pprof_reader *r)
{
	struct profile_meta *m = &r->p->meta;
	const struct pprof_file *f = r->f;
	m->start_real_ns = f->time_ns <= INT64_MAX ? f->time_ns : 0;
	m->duration_ns = f->duration_ns <= INT64_MAX ? f->duration_ns : 0;
	if (f->period && f->period <= 1000000000 &&
		!strcmp(pprof_reader_text(r, f->period_type.unit), "nanoseconds"))
		m->frequency_hz = (uint32_t)((1000000000 + f->period / 2) / f->period);
	size_t main_value = m->main_value ? m->main_value : r->p->n_value_types - 1;
	m->event = r->p->value_types[main_value].type;
	add_remarks(r, take_comments(r));
	if (f->drops_frames)
		profile_add_note(r->p, "filters of the file (drop_frames), not followed", 1);
}
