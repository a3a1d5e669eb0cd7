/*
 * Answers about addresses: see symbol_source.h. They are looked up in a symbol file
 * (symbol_file.h), which at first is what the cache has. What it does not know is worked out from
 * the files (symbol_reader.h) and becomes part of a new symbol file, which goes back to the cache.
 * So all answers come from a symbol file, and cannot depend on where that one came from.
 */
#include "report/symbol_source.h"

#include "report/cache.h"
#include "report/symbol_file.h"
#include "report/symbol_reader.h"

#include <string.h>

struct image { /* a symbol file in memory; answers point into it */
	struct image *before;
	struct buf bytes;
};

struct symbol_source {
	struct elf_file *elf;
	struct symbol_search search;
	struct cache_key key;
	struct cache_entry kept; /* from the cache */
	struct image *images;    /* the newest first */
	struct symbol_file file;
	bool has_file;
	bool has_learned;             /* what is not in the cache */
	struct symbol_reader *reader; /* NULL: not needed yet, or finished */
	struct file_facts facts;      /* that the reader's answers depend on */
	struct symbol_notes notes;
	struct arena memory; /* of the answers, and of the notes */
};

/* What decides where debug files are looked for, but for the ELF file. */
static uint64_t variant_of(const struct elf_file *elf, const struct symbol_search *search)
{
	const char *path = elf_file_name(elf);
	uint64_t hash = cache_hash(1, path, strlen(path) + 1);
	for (size_t i = 0; search->debug_dirs && search->debug_dirs[i]; i++)
		hash = cache_hash(hash, search->debug_dirs[i], strlen(search->debug_dirs[i]) + 1);
	return hash;
}

/* A debug file that came, went or changed since then supersedes what is kept. */
static void load(struct symbol_source *s)
{
	s->key = cache_key_of("symbols", SYMBOL_FILE_VERSION, s->elf);
	s->key.variant = variant_of(s->elf, &s->search);
	if (!cache_load(s->search.cache, &s->key, &s->kept))
		return;
	if (!symbol_file_open(s->kept.data, s->kept.size_bytes, &s->file))
		cache_reject(s->search.cache, &s->kept);
	else
		s->has_file = file_facts_hold(s->file.facts);
}

static const char *keep(struct symbol_source *s, const char *text)
{
	return text ? arena_join(&s->memory, text, "", "") : NULL;
}

static void take_notes(struct symbol_source *s, const struct symbol_notes *notes)
{
	s->notes = *notes;
	s->notes.debug_file = keep(s, notes->debug_file);
	s->notes.problem = keep(s, notes->problem);
}

/* The files are as they were when the symbol file was made, if there is one, and so are the notes.
 */
static bool open_reader(struct symbol_source *s, struct err *err)
{
	if (s->reader)
		return true;
	buf_clear(&s->facts.text);
	file_facts_note(&s->facts, elf_file_name(s->elf));
	if (!symbol_reader_open(s->elf, &s->search, &s->facts, &s->reader, err))
		return false;
	if (s->has_file)
		file_facts_append(&s->facts, s->file.facts);
	else
		take_notes(s, symbol_reader_notes(s->reader));
	return true;
}

struct symbol_source *symbol_source_new(struct elf_file *elf, const struct symbol_search *search)
{
	struct symbol_source *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->elf = elf;
	s->search = search ? *search : (struct symbol_search){ 0 };
	load(s);
	if (s->has_file)
		take_notes(s, &s->file.notes);
	return s;
}

bool symbol_source_open(struct elf_file *elf, const struct symbol_search *search,
	struct symbol_source **ret_source, struct err *err)
{
	AUTO(symbol_source_close) struct symbol_source *s = symbol_source_new(elf, search);
	if (!s)
		return err_set(err, "symbols: no memory");
	if (!s->has_file && !open_reader(s, err))
		return false;
	*ret_source = TAKE(s);
	return true;
}

void symbol_source_use_threads(struct symbol_source *s, unsigned n_threads)
{
	s->search.n_threads = n_threads;
	if (s->reader)
		symbol_reader_use_threads(s->reader, n_threads);
}

static void free_images(struct symbol_source *s)
{
	while (s->images) {
		struct image *image = s->images;
		s->images = image->before;
		buf_fini(&image->bytes);
		free(image);
	}
}

void symbol_source_close(struct symbol_source *s)
{
	if (!s)
		return;
	symbol_reader_close(s->reader);
	free_images(s);
	cache_entry_fini(&s->kept);
	file_facts_fini(&s->facts);
	arena_fini(&s->memory);
	free(s);
}

/* Replaces the symbol file by one that knows the findings, too. */
static bool learn(struct symbol_source *s, const struct symbol_finding *findings, size_t n,
	const struct symbol_notes *notes, struct err *err)
{
	struct image *image = calloc(1, sizeof(*image));
	if (!image)
		return err_set(err, "symbols: no memory");
	image->before = s->images;
	s->images = image;
	if (!symbol_file_write(s->has_file ? &s->file : NULL, findings, n, notes, &s->facts.text,
		    &image->bytes) ||
		!symbol_file_open(image->bytes.data, image->bytes.len, &s->file))
		return err_set(err, "symbols: no memory");
	s->has_file = true;
	s->has_learned = true;
	return true;
}

/* Works out the addresses that the symbol file does not know. */
static bool find_unknown(struct symbol_source *s, const uint64_t *vaddrs, size_t n, struct err *err)
{
	AUTO_FREE struct symbol_finding *findings = calloc(n + 1, sizeof(*findings));
	if (!findings)
		return err_set(err, "symbols: no memory for %zu addresses", n);
	return open_reader(s, err) &&
		symbol_reader_find(s->reader, vaddrs, n, &s->facts, findings, err) &&
		learn(s, findings, n, symbol_reader_notes(s->reader), err);
}

static bool is_known(const struct symbol_source *s, uint64_t vaddr, uint32_t *hint)
{
	struct symbol_range range;
	return s->has_file && symbol_file_find(&s->file, vaddr, hint, &range) && !range.is_partial;
}

bool symbol_source_knows(const struct symbol_source *s, const uint64_t *vaddrs, size_t n)
{
	uint32_t hint = 0;
	for (size_t i = 0; i < n; i++)
		if (!is_known(s, vaddrs[i], &hint))
			return false;
	return true;
}

static bool complete_file(
	struct symbol_source *s, const uint64_t *vaddrs, size_t n, struct err *err)
{
	AUTO_FREE uint64_t *unknown = malloc((n + 1) * sizeof(*unknown));
	size_t n_unknown = 0;
	uint32_t hint = 0;
	if (!unknown)
		return err_set(err, "symbols: no memory for %zu addresses", n);
	for (size_t i = 0; i < n; i++)
		if (!is_known(s, vaddrs[i], &hint) &&
			(!n_unknown || unknown[n_unknown - 1] != vaddrs[i]))
			unknown[n_unknown++] = vaddrs[i];
	return !n_unknown || find_unknown(s, unknown, n_unknown, err);
}

/* Addresses in one range share their answer. */
static bool answer_all(struct symbol_source *s, const uint64_t *vaddrs, size_t n,
	struct symbol_answer *answers, struct err *err)
{
	struct symbol_range range = { 0 };
	uint32_t hint = 0;
	for (size_t i = 0; i < n; i++) {
		if (i && range.start <= vaddrs[i] && vaddrs[i] < range.end) {
			answers[i] = answers[i - 1];
			continue;
		}
		answers[i] = (struct symbol_answer){ 0 };
		range.end = 0;
		if (!symbol_file_find(&s->file, vaddrs[i], &hint, &range)) {
			range.end = 0;
			continue;
		}
		if (range.problem && !s->notes.problem)
			s->notes.problem = keep(s, range.problem);
		if (!symbol_file_answer(&s->file, &range, &s->memory, &answers[i]))
			return err_set(err, "symbols: no memory for answers");
	}
	return true;
}

bool symbol_source_resolve(struct symbol_source *s, const uint64_t *vaddrs, size_t n,
	struct symbol_answer *answers, struct err *err)
{
	if (!n)
		return true;
	return complete_file(s, vaddrs, n, err) && answer_all(s, vaddrs, n, answers, err);
}

void symbol_source_finish(struct symbol_source *s)
{
	if (s->has_learned && s->search.cache)
		cache_store(s->search.cache, &s->key, s->images->bytes.data, s->images->bytes.len);
	s->has_learned = false;
	symbol_reader_close(TAKE(s->reader));
}

const struct symbol_notes *symbol_source_notes(const struct symbol_source *s)
{
	return &s->notes;
}
