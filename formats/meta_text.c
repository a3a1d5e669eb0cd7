/*
 * Where a profile comes from, in words: see meta_text.h.
 */
#include "formats/meta_text.h"

#include "formats/utf8.h"

/* With sep between those that are not empty. */
static void join(struct buf *out, const struct profile *p, const char *sep, const uint32_t *strings,
	size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		const char *str = profile_string(p, strings[i]);
		if (!*str)
			continue;
		buf_str(out, any ? sep : "");
		utf8_append_clean(out, str);
		any = true;
	}
}

void meta_text_host(struct buf *out, const struct profile *p)
{
	const struct profile_meta *m = &p->meta;
	join(out, p, ", ", (uint32_t[]){ m->host, m->kernel, m->arch }, 3);
}

void meta_text_event(struct buf *out, const struct profile *p)
{
	join(out, p, ": ", (uint32_t[]){ p->meta.event, p->meta.clock }, 2);
}
