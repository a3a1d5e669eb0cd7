/*
 * What a pprof file says of the whole: see pprof_reader.h. Comments are kept as they are, and those
 * that ddrec writes are understood.
 */
#include "formats/pprof_reader.h"

#include "common/buf.h"

#include <string.h>

enum { MAX_REMARKS = 1 << 20 }; /* bytes */

static void add_remarks(struct pprof_reader *r)
{
	AUTO_BUF struct buf text = BUF_INIT;
	for (size_t i = 0; i < r->f->n_comments; i++) {
		const char *comment = pprof_reader_text(r, r->f->comments[i]);
		if (text.len + strlen(comment) > MAX_REMARKS) {
			profile_add_note(r->p, "comments of the file beyond a megabyte, left out",
				r->f->n_comments - i);
			break;
		}
		if (i)
			buf_u8(&text, '\n');
		buf_str(&text, comment);
	}
	if (text.len && !text.failed)
		r->p->meta.remarks = profile_add_string_n(r->p, (const char *)text.data, text.len);
}

/* The comments that ddrec writes. */
static void take_comments(struct pprof_reader *r)
{
	struct profile_meta *m = &r->p->meta;
	const struct {
		const char *label;
		uint32_t *field;
	} known[] = {
		{ "command: ", &m->command },
		{ "host: ", &m->host },
		{ "kernel: ", &m->kernel },
		{ "arch: ", &m->arch },
		{ "event: ", &m->event },
		{ "clock: ", &m->clock },
	};
	if (!r->f->n_comments || strncmp(pprof_reader_text(r, r->f->comments[0]), "ddrec: ", 7))
		return;
	for (size_t i = 0; i < r->f->n_comments && i <= ARRAY_LEN(known); i++)
		for (size_t k = 0; k < ARRAY_LEN(known); k++) {
			const char *comment = pprof_reader_text(r, r->f->comments[i]);
			size_t len = strlen(known[k].label);
			if (!*known[k].field && !strncmp(comment, known[k].label, len))
				*known[k].field = profile_add_string(r->p, comment + len);
		}
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
	take_comments(r);
	if (!m->event)
		m->event = r->p->value_types[r->p->n_value_types - 1].type;
	if (m->main_value)
		m->event = r->p->value_types[m->main_value].type;
	add_remarks(r);
	if (f->drops_frames)
		profile_add_note(r->p, "filters of the file (drop_frames), not followed", 1);
}
