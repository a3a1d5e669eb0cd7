/*
 * The comments of a pprof file: see pprof_comments.h.
 */
#include "formats/pprof_comments.h"

#include "formats/health.h"
#include "formats/pprof_proto.h"
#include "formats/protobuf.h"

#include <string.h>

struct comments {
	struct pprof_tables *tables;
	struct buf *out;
};

static void add_comment(struct comments *c, const char *text)
{
	uint32_t string = pprof_add_string(c->tables, text);
	if (string)
		pb_u64(c->out, PROFILE_COMMENT, string);
}

static void add_comment_of(struct comments *c, const char *label, uint32_t string)
{
	AUTO_BUF struct buf text = BUF_INIT;
	const char *value = profile_string(c->tables->p, string);
	if (!*value)
		return;
	buf_fmt(&text, "%s: ", label);
	buf_str(&text, value);
	buf_u8(&text, 0);
	if (text.failed)
		c->out->failed = true;
	else
		add_comment(c, (const char *)text.data);
}

/* A comment for each line of the text, which is spoilt by it. */
static void add_comment_lines(struct comments *c, struct buf *text)
{
	buf_u8(text, 0);
	if (text->failed) {
		c->out->failed = true;
		return;
	}
	char *rest = (char *)text->data;
	for (char *line; (line = strsep(&rest, "\n"));)
		add_comment(c, line + strspn(line, " "));
}

/* What an imported file said of itself goes on as it is; else the health of the recording. */
void pprof_add_comments(struct pprof_tables *tables, struct buf *out)
{
	struct comments comments = { tables, out }, *c = &comments;
	AUTO_BUF struct buf text = BUF_INIT;
	const struct profile_meta *meta = &c->tables->p->meta;
	if (meta->remarks) {
		buf_str(&text, profile_string(c->tables->p, meta->remarks));
		add_comment_lines(c, &text);
		return;
	}
	add_comment_of(c, "ddrec", meta->tool);
	add_comment_of(c, "command", meta->command);
	add_comment_of(c, "host", meta->host);
	add_comment_of(c, "kernel", meta->kernel);
	add_comment_of(c, "arch", meta->arch);
	add_comment_of(c, "event", meta->event);
	add_comment_of(c, "clock", meta->clock);
	health_phrase(&text, c->tables->p);
	buf_str(&text, "\n");
	health_lines(&text, c->tables->p);
	if (!c->tables->p->n_samples)
		health_why_empty(&text, c->tables->p);
	add_comment_lines(c, &text);
}
