/*
 * The comments of a pprof file: see pprof_comments.h.
 */
#include "formats/pprof_comments.h"

#include "formats/health.h"
#include "formats/meta_text.h"
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

/* One comment: the label and what say() has to say; nothing: none. */
static void add_said(struct comments *c, const char *label,
	void (*say)(struct buf *out, const struct profile *p))
{
	AUTO_BUF struct buf text = BUF_INIT;
	buf_str(&text, label);
	size_t label_len = text.len;
	say(&text, c->tables->p);
	bool is_empty = text.len == label_len;
	buf_u8(&text, 0);
	if (text.failed)
		c->out->failed = true;
	else if (!is_empty)
		add_comment(c, (const char *)text.data);
}

static void say_tool(struct buf *out, const struct profile *p)
{
	buf_str(out, profile_string(p, p->meta.tool));
}

static void say_command(struct buf *out, const struct profile *p)
{
	buf_str(out, profile_string(p, p->meta.command));
}

static void say_health(struct buf *out, const struct profile *p)
{
	health_phrase(out, p);
	if (!p->health.is_untold)
		buf_str(out, "; ddrec report on the recording tells more");
}

static void add_recording(struct comments *c)
{
	add_said(c, "ddrec: ", say_tool);
	add_said(c, "command: ", say_command);
	add_said(c, "host: ", meta_text_host);
	add_said(c, "event: ", meta_text_event);
}

static void add_health(struct comments *c)
{
	add_said(c, "health: ", say_health);
	add_said(c, "incomplete: ", health_incomplete);
	add_said(c, "WARNING: ", health_warning);
	if (!c->tables->p->n_samples)
		add_said(c, "", health_why_empty);
}

/* A comment for each line of an imported file's. */
static void add_remarks(struct comments *c)
{
	const char *remarks = profile_string(c->tables->p, c->tables->p->meta.remarks);
	AUTO_FREE char *text = strdup(remarks);
	char *rest = text;
	c->out->failed |= !text;
	for (char *line; rest && (line = strsep(&rest, "\n"));)
		add_comment(c, line);
}

void pprof_add_comments(struct pprof_tables *tables, struct buf *out)
{
	struct comments c = { tables, out };
	const struct profile_meta *meta = &tables->p->meta;
	if (meta->tool || !meta->remarks)
		add_recording(&c);
	if (meta->remarks)
		add_remarks(&c);
	else
		add_health(&c);
}
