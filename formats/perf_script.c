/*
 * The text that `perf script` prints, with the header that `perf script --header` adds, for the
 * programs that grew up around it: FlameGraph's stackcollapse-perf.pl, inferno, speedscope, the
 * Firefox Profiler, Perfetto.
 *
 *	comm  pid/tid [cpu] sec.usec:  period event:
 *		address symbol (object)		leaf first; "(inlined)" in place of an inlined
 *						frame's object; no offset in the symbol, as with
 *						perf script -F sym
 *
 * One record for each sample, in the order of time; an entry of count n is n of them. Times are
 * since the recording began. A profile without times numbers its records by milliseconds, for
 * readers pass over a record without a time or take its period for a thread id.
 *
 * The readers split lines by regular expressions, and some drop what they do not expect. So blanks
 * and ";" (which separates the frames that they write) in thread names and objects become "_";
 * "(anonymous namespace)", which they cut off with all that follows, becomes "{anonymous}"; and a
 * symbol does not begin with "(", for such frames are passed over; nor does it end as an offset
 * would. Code without a symbol keeps the name that it has in all formats.
 */
#include "formats/format.h"
#include "formats/health.h"
#include "formats/output.h"
#include "formats/sample_order.h"
#include "formats/utf8.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { FLUSH_BYTES = 1 << 16, NS_PER_RECORD = 1000000, MAX_RECORDS = 200000000 };

struct writer {
	const struct profile *p;
	FILE *out;
	bool no_inline;
	size_t period; /* value type */
	struct buf text;
	struct buf names;        /* what may be printed of strings, NUL-terminated */
	size_t *symbols, *plain; /* in names, by string; 0: not made yet */
	struct buf event;        /* " cpu-clock: " */
	uint32_t *order;         /* the entries by time */
	uint64_t n_records;
};

static void auto_writer_ptr(struct writer *w)
{
	buf_fini(&w->text);
	buf_fini(&w->names);
	buf_fini(&w->event);
	free(w->symbols);
	free(w->plain);
	free(w->order);
}

/* Names. */

/* One word: readers end a thread's name and an object at a blank, and a comment begins with '#'. */
static void append_word(struct buf *out, const char *str)
{
	size_t start = out->len;
	utf8_append_clean(out, str);
	if (out->failed)
		return;
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == ' ' || out->data[i] == ';')
			out->data[i] = '_';
	if (out->len > start && out->data[start] == '#')
		out->data[start] = '_';
}

static bool ends_like_offset(const struct buf *out, size_t start)
{
	size_t i = out->len;
	while (i > start && isxdigit(out->data[i - 1]))
		i--;
	return i >= start + 3 && !memcmp(out->data + i - 3, "+0x", 3);
}

/* Readers cut off "+0x12", and inferno 0.12 fails where a Rust symbol's hash could begin, 17 bytes
 * from the end, inside of a character. */
static void protect_end(struct buf *out, size_t start)
{
	enum { RUST_HASH_BYTES = 17 };
	if (!out->failed && ends_like_offset(out, start))
		buf_u8(out, '_');
	while (!out->failed && out->len >= start + RUST_HASH_BYTES &&
		(out->data[out->len - RUST_HASH_BYTES] & 0xc0) == 0x80)
		buf_u8(out, '_');
}

/* A name that begins with '(' gets brackets instead of that pair. */
static void replace_first_parentheses(struct buf *out, size_t start)
{
	uint8_t *first = out->data + start;
	if (out->failed || out->len == start || *first != '(')
		return;
	*first = '[';
	uint8_t *close = memchr(first, ')', out->len - start);
	if (close)
		*close = ']';
}

static void append_symbol(struct buf *out, const char *str)
{
	static const char anonymous[] = "(anonymous namespace)";
	size_t start = out->len;
	str += strspn(str, " \t\n\r");
	for (const char *at; (at = strstr(str, anonymous)); str = at + sizeof anonymous - 1) {
		AUTO_FREE char *before = strndup(str, (size_t)(at - str));
		out->failed |= !before;
		if (before)
			utf8_append_clean(out, before);
		buf_str(out, "{anonymous}");
	}
	utf8_append_clean(out, str);
	if (out->failed)
		return;
	while (out->len > start && out->data[out->len - 1] == ' ')
		out->len--;
	replace_first_parentheses(out, start);
	protect_end(out, start);
}

/* What append makes of a string of the profile, made once. */
static const char *name_of(struct writer *w, size_t *cache, uint32_t string,
	void (*append)(struct buf *out, const char *str))
{
	if (!cache[string]) {
		size_t at = w->names.len;
		append(&w->names, profile_string(w->p, string));
		if (w->names.len == at)
			buf_str(&w->names, "[unknown]");
		buf_u8(&w->names, 0);
		if (w->names.failed) {
			w->text.failed = true;
			return "";
		}
		cache[string] = at;
	}
	return (const char *)w->names.data + cache[string];
}

static void add_object(
	struct writer *w, const struct profile_function *f, uint32_t module, uint32_t pid)
{
	const struct profile_module *m = module < w->p->n_modules ? &w->p->modules[module] : NULL;
	if (f->kind == PROFILE_JIT && f->has_symbol)
		buf_fmt(&w->text, "/tmp/perf-%u.map", pid);
	else if (f->kind == PROFILE_JIT)
		buf_str(&w->text, "//anon");
	else if (f->kind == PROFILE_KERNEL &&
		(!m || !strcmp(profile_string(w->p, m->name), "[kernel]")))
		buf_str(&w->text, "[kernel.kallsyms]");
	else if (m)
		buf_str(&w->text,
			name_of(w, w->plain,
				f->kind != PROFILE_KERNEL && m->path ? m->path : m->name,
				append_word));
	else
		buf_str(&w->text, "[unknown]");
}

/* Records. */

/* "\t%16x ", which takes a third of the time of printf's. */
static void add_address(struct buf *out, uint64_t address)
{
	char text[18];
	memset(text, ' ', sizeof text);
	text[0] = '\t';
	char *at = text + 17;
	do
		*--at = "0123456789abcdef"[address & 15];
	while ((address >>= 4));
	buf_bytes(out, text, sizeof text);
}

static void add_frame(struct writer *w, uint32_t frame_id, uint32_t pid)
{
	const struct profile_frame *frame = &w->p->frames[frame_id];
	const struct profile_function *f = &w->p->functions[frame->function];
	add_address(&w->text, profile_frame_pc(w->p, frame_id));
	buf_str(&w->text, name_of(w, w->symbols, f->name, append_symbol));
	buf_str(&w->text, " (");
	if (frame->is_inlined)
		buf_str(&w->text, "inlined");
	else
		add_object(w, f, f->module != PROFILE_NONE ? f->module : frame->module, pid);
	buf_str(&w->text, ")\n");
}

static void add_frames(struct writer *w, uint32_t stack, uint32_t pid)
{
	const struct profile *p = w->p;
	if (stack == PROFILE_NO_STACK) {
		add_address(&w->text, 0);
		buf_str(&w->text, "[no stack] ([unknown])\n");
	}
	for (uint32_t parent; stack != PROFILE_NO_STACK; stack = parent) {
		uint32_t frame = p->stacks[stack].frame;
		parent = p->stacks[stack].parent;
		if (!w->no_inline || !p->frames[frame].is_inlined || parent == PROFILE_NO_STACK)
			add_frame(w, frame, pid);
	}
}

static void add_record(struct writer *w, const struct profile_sample *sample, int64_t period)
{
	static const struct profile_thread unknown = { 0 };
	const struct profile *p = w->p;
	const struct profile_thread *thread =
		sample->thread < p->n_threads ? &p->threads[sample->thread] : &unknown;
	uint64_t time_ns = p->has_times ? sample->time_ns : w->n_records * NS_PER_RECORD;
	buf_str(&w->text, name_of(w, w->plain, thread->name, append_word));
	buf_fmt(&w->text, "  %u/%u ", thread->pid, thread->tid);
	if (sample->cpu != PROFILE_NONE)
		buf_fmt(&w->text, "[%03u] ", sample->cpu);
	buf_fmt(&w->text, "%" PRIu64 ".%06" PRIu64 ": %10" PRId64, time_ns / 1000000000,
		time_ns / 1000 % 1000000, MAX(period, (int64_t)0));
	buf_bytes(&w->text, w->event.data, w->event.len);
	add_frames(w, sample->stack, thread->pid);
	buf_u8(&w->text, '\n');
	w->n_records++;
}

/* The entry's period is shared out so that the records' sum is the same. */
static bool add_entry(struct writer *w, size_t i, struct err *err)
{
	int64_t n = profile_sample_count(w->p, i);
	int64_t period = profile_sample_value(w->p, i, w->period);
	for (int64_t k = 0; k < n; k++) {
		add_record(w, &w->p->samples[i], sample_order_share(period, k, n));
		if ((w->text.len >= FLUSH_BYTES || w->text.failed) &&
			!output_pass(&w->text, w->out, err))
			return false;
	}
	return true;
}

/* The header. */

static void add_line(struct writer *w, const char *key, const char *str)
{
	if (!*str)
		return;
	buf_fmt(&w->text, "# %s : ", key);
	utf8_append_clean(&w->text, str);
	buf_u8(&w->text, '\n');
}

static void add_captured_on(struct writer *w)
{
	time_t start = (time_t)(w->p->meta.start_real_ns / 1000000000);
	struct tm tm;
	char when[64];
	if (start && gmtime_r(&start, &tm) &&
		strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", &tm))
		add_line(w, "captured on   ", when);
}

static void add_header(struct writer *w)
{
	const struct profile_meta *m = &w->p->meta;
	const char *kernel = profile_string(w->p, m->kernel);
	kernel += strncmp(kernel, "Linux ", 6) ? 0 : 6;
	buf_str(&w->text, "# ========\n");
	add_captured_on(w);
	add_line(w, "hostname", profile_string(w->p, m->host));
	AUTO_FREE char *release = strndup(kernel, strcspn(kernel, " "));
	w->text.failed |= !release;
	add_line(w, "os release", release ? release : "");
	add_line(w, "arch", profile_string(w->p, m->arch));
	add_line(w, "cmdline", profile_string(w->p, m->command));
	buf_str(&w->text, "# health : ");
	health_phrase(&w->text, w->p);
	if (w->p->health.is_damaged) {
		buf_str(&w->text, "\n# WARNING : ");
		health_warning(&w->text, w->p);
	}
	if (!w->p->n_samples) {
		buf_str(&w->text, "\n# note : ");
		health_why_empty(&w->text, w->p);
	}
	buf_str(&w->text, "\n# ========\n#\n");
}

static bool writer_init(struct writer *w)
{
	size_t n = profile_n_strings(w->p) + 1;
	w->period = w->p->n_value_types > 1 ? 1 : 0;
	w->symbols = calloc(n, sizeof *w->symbols);
	w->plain = calloc(n, sizeof *w->plain);
	buf_u8(&w->names, 0); /* 0 means that there is none */
	buf_u8(&w->event, ' ');
	append_word(&w->event, profile_value_name(w->p, w->period));
	buf_str(&w->event, w->event.len > 1 ? ": \n" : "samples: \n");
	return w->symbols && w->plain && !w->names.failed && !w->event.failed &&
		(w->order = sample_order_new(w->p));
}

static bool perf_script_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(auto_writer)
	struct writer w = { .p = p, .out = out, .no_inline = options->tree.no_inline };
	/* A line of folded stacks may claim any count, in a few bytes. */
	if (p->health.n_shown > MAX_RECORDS)
		return err_set(err,
			"perf script has a record for each sample, and %" PRIu64
			" samples are too many",
			p->health.n_shown);
	if (!writer_init(&w))
		return err_set(err, "perf script: out of memory");
	add_header(&w);
	for (size_t i = 0; i < p->n_samples; i++)
		if (!add_entry(&w, w.order[i], err))
			return false;
	return output_write(&w.text, out, err);
}

const struct format format_perf_script = {
	.name = "perf-script",
	.summary = "the text of `perf script`",
	.needs_times = true,
	.needs_threads = true,
	.needs_addresses = true,
	.write = perf_script_write,
};
