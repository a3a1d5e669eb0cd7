/*
 * --verbose: see verbose.h.
 */
#include "report/verbose.h"

#include "common/buf.h"
#include "common/clock.h"
#include "formats/number.h"
#include "report/cache.h"
#include "report/commands.h"
#include "report/elf_file.h"
#include "report/unwind_table.h"

#include <inttypes.h>

struct verbose verbose_start(bool enabled)
{
	return (struct verbose){ .enabled = enabled, .since_ns = clock_now_ns(CLOCK_MONOTONIC) };
}

void verbose_phase(struct verbose *verbose, const char *what)
{
	AUTO_BUF struct buf took = BUF_INIT;
	uint64_t now = clock_now_ns(CLOCK_MONOTONIC);
	if (!verbose->enabled)
		return;
	number_duration(&took, now - verbose->since_ns);
	say("%s took %.*s", what, (int)took.len, (const char *)took.data);
	verbose->since_ns = now;
}

static void add_build_id(struct buf *out, const struct build_id *id)
{
	char hex[BUILD_ID_HEX_MAX];
	if (id->len)
		buf_fmt(out, "build-id %s", build_id_hex(id, hex));
	else
		buf_str(out, "no build-id");
}

/* Where the names are from. */
static void add_symbols(struct buf *out, const struct module *m, const struct symbol_notes *notes)
{
	const char *from = notes && notes->debug_file ? notes->debug_file : "the file itself";
	if (m->kind == MODULE_KERNEL)
		buf_str(out, "names of the kernel that was recorded, as far as known");
	else if (m->kind == MODULE_ANON)
		buf_str(out, "generated code, no names");
	else if (!notes)
		buf_str(out, "not used");
	else if (notes->has_debug_info)
		buf_fmt(out, "names, lines and inlined calls from %s", from);
	else if (!notes->is_stripped)
		buf_fmt(out, "names from %s, no debug information", from);
	else
		buf_str(out,
			notes->has_symbols ? "stripped, names of what is exported"
					   : "stripped, no names");
}

static void add_unwinding(struct buf *out, const struct module *m)
{
	if (!m->unwind)
		return;
	struct unwind_table_summary summary = unwind_table_summary(m->unwind);
	buf_str(out, "; ");
	number_count(out, (int64_t)summary.n_rows);
	buf_str(out, " unwind rows, ");
	number_count(out, (int64_t)summary.n_rules);
	buf_str(out, " rules");
	if (!summary.n_bad_fdes)
		return;
	buf_str(out, ", ");
	number_count(out, (int64_t)summary.n_bad_fdes);
	buf_str(out, " damaged entries left out");
}

void verbose_module(void *ctx, const struct module *m, const struct symbol_notes *notes)
{
	const struct verbose *verbose = ctx;
	AUTO_BUF struct buf line = BUF_INIT;
	const char *also = notes ? notes->problem : NULL;
	if (!verbose->enabled)
		return;
	buf_fmt(&line, "%s: ", m->path);
	if (m->kind == MODULE_FILE || m->kind == MODULE_VDSO) {
		add_build_id(&line, m->elf ? elf_file_build_id(m->elf) : &m->build_id);
		buf_str(&line, "; ");
	}
	add_symbols(&line, m, notes);
	add_unwinding(&line, m);
	if (m->problem)
		buf_fmt(&line, "; problem: %s", m->problem);
	if (also)
		buf_fmt(&line, "; problem: %s", also);
	say("%.*s", (int)line.len, (const char *)line.data);
}

void verbose_cache(const struct verbose *verbose, struct cache *cache)
{
	struct cache_counts counts = cache_counts(cache);
	if (!verbose->enabled || !cache)
		return;
	say("cache %s: %" PRIu64 " files found, %" PRIu64 " missing, %" PRIu64 " unusable; %" PRIu64
	    " stored, %" PRIu64 " could not be",
		cache_dir(cache), counts.n_found, counts.n_missing, counts.n_unusable,
		counts.n_stored, counts.n_not_stored);
}
