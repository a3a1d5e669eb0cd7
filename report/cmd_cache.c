/*
 * ddrec cache: what reports keep from ELF files, where, and how much of it; and its clearing.
 */
#include "report/cache.h"
#include "report/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NO_AGE = UINT32_MAX };

struct settings {
	bool list, clear, has_limit;
	uint32_t older_than_days;
	uint64_t limit_bytes;
};

struct row {
	struct cache_file file; /* its strings are name and path below */
	char *name, *path;
};

struct rows {
	struct row *items;
	size_t n, cap;
	uint64_t bytes;
	bool no_memory;
};

static void rows_fini_ptr(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		free(rows->items[i].name);
		free(rows->items[i].path);
	}
	free(rows->items);
}

static bool grow(struct rows *rows)
{
	size_t cap = rows->cap ? rows->cap * 2 : 64;
	struct row *bigger = reallocarray(rows->items, cap, sizeof(*bigger));
	if (!bigger)
		return false;
	rows->items = bigger;
	rows->cap = cap;
	return true;
}

static void add_row(void *ctx, const struct cache_file *file)
{
	struct rows *rows = ctx;
	struct row row = { *file, strdup(file->name), strdup(file->path) };
	if (!row.name || !row.path || (rows->n == rows->cap && !grow(rows))) {
		free(row.name);
		free(row.path);
		rows->no_memory = true;
		return;
	}
	rows->bytes += file->size_bytes;
	rows->items[rows->n++] = row;
}

/* The one used last comes first. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->file.used_ns != y->file.used_ns)
		return x->file.used_ns > y->file.used_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* "14.2 MB" */
static const char *size_text(uint64_t bytes, char text[16])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double value = (double)bytes;
	size_t unit = 0;
	for (; value >= 999.5 && unit + 1 < ARRAY_LEN(units); unit++)
		value /= 1000;
	snprintf(text, 16, unit && value < 99.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

/* "12 files, 14.2 MB" */
static const char *files_text(uint64_t n, uint64_t bytes, char text[64])
{
	char size[16];
	snprintf(text, 64, "%" PRIu64 " file%s, %s", n, n == 1 ? "" : "s", size_text(bytes, size));
	return text;
}

static void print_row(const struct row *row)
{
	char size[16], used[32] = "?", hex[BUILD_ID_HEX_MAX];
	const char *id =
		row->file.build_id.len ? build_id_hex(&row->file.build_id, hex) : "no build-id";
	time_t used_s = (time_t)(row->file.used_ns / 1000000000);
	struct tm tm;
	if (localtime_r(&used_s, &tm))
		strftime(used, sizeof(used), "%Y-%m-%d %H:%M", &tm);
	if (row->file.is_damaged)
		print_line("%-8s %8s  %s  %-40s %s", "damaged",
			size_text(row->file.size_bytes, size), used, "", row->path);
	else
		print_line("%-8s %8s  %s  %-40s %s", row->file.kind,
			size_text(row->file.size_bytes, size), used, id, row->name);
}

static bool read_rows(struct cache *cache, struct rows *rows, struct err *err)
{
	if (!cache_list(cache, add_row, rows, err))
		return false;
	if (rows->no_memory)
		return err_set(err, "no memory");
	if (rows->n)
		qsort(rows->items, rows->n, sizeof(*rows->items), compare_rows);
	return true;
}

static bool list(struct cache *cache, struct err *err)
{
	AUTO(rows_fini) struct rows rows = { 0 };
	if (!read_rows(cache, &rows, err))
		return false;
	if (rows.n)
		print_line("%-8s %8s  %-16s  %-40s %s", "KIND", "SIZE", "LAST USED", "BUILD-ID",
			"FILE");
	for (size_t i = 0; i < rows.n; i++)
		print_row(&rows.items[i]);
	return true;
}

static bool is_old(void *ctx, const struct cache_file *file)
{
	const struct settings *settings = ctx;
	int64_t age_s = time(NULL) - file->used_ns / 1000000000;
	return age_s > (int64_t)settings->older_than_days * 24 * 3600;
}

static bool clear(struct cache *cache, struct settings *settings, struct err *err)
{
	uint64_t n, bytes;
	char text[64];
	bool by_age = settings->older_than_days != NO_AGE;
	if (!cache_clear(cache, by_age ? is_old : NULL, settings, &n, &bytes, err))
		return false;
	print_line("removed %s", files_text(n, bytes, text));
	return true;
}

static bool summarize(struct cache *cache, struct err *err)
{
	AUTO(rows_fini) struct rows rows = { 0 };
	char text[64], size[16];
	if (!read_rows(cache, &rows, err))
		return false;
	print_line("directory:   %s", cache_dir(cache));
	print_line("holds:       %s", files_text(rows.n, rows.bytes, text));
	print_line("limit:       %s", size_text(cache_limit_bytes(cache), size));
	return true;
}

static bool set_limit(struct cache *cache, uint64_t limit_bytes, struct err *err)
{
	if (!cache_set_limit(cache, limit_bytes, err))
		return false;
	cache_trim(cache);
	return true;
}

/* "500M": a number, and k, M, G or T for powers of 1000. */
static bool set_size(void *field, const char *value, struct err *err)
{
	static const char units[] = "kMGT";
	struct settings *settings = field;
	char *end;
	errno = 0;
	unsigned long long size = strtoull(value, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	bool ok = value[0] >= '0' && value[0] <= '9' && !errno && (!*end || (unit && !end[1]));
	for (const char *u = units; ok && unit && u <= unit; u++)
		ok = !__builtin_mul_overflow(size, 1000ULL, &size);
	if (!ok)
		return err_set(
			err, "'%s' is not a size: give a number of bytes, or 500M, 2G", value);
	settings->limit_bytes = size;
	settings->has_limit = true;
	return true;
}

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ 'l', "list", NULL, "list what is kept, the last used first", option_flag, AT(list) },
	{ 0, "clear", NULL, "remove everything", option_flag, AT(clear) },
	{ 0, "older-than", "DAYS", "clear only what was not used for so many days", option_u32,
		AT(older_than_days) },
	{ 0, "limit", "SIZE", "keep at most SIZE from now on: 500M, 2G (default 1G); 0: nothing",
		set_size, 0 },
};

static const struct command command = {
	.program = "ddrec cache",
	.usage = "[options]",
	.summary = "Shows, limits and clears what reports keep for the next ones.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue = "Without options: where the cache is, what it holds, and its limit.\n"
		    "\n"
		    "Exit status: 0 fine, 1 failed, 2 wrong usage.\n",
};

static bool run_settings(struct settings *settings, struct err *err)
{
	AUTO(cache_close) struct cache *cache = NULL;
	if (!cache_open(NULL, &cache, err))
		return false;
	if (settings->has_limit && !set_limit(cache, settings->limit_bytes, err))
		return false;
	if (settings->clear && !clear(cache, settings, err))
		return false;
	if (settings->list && !list(cache, err))
		return false;
	return settings->clear || settings->list || summarize(cache, err);
}

static int run(int argc, char **argv)
{
	struct settings settings = { .older_than_days = NO_AGE };
	struct err err = { 0 };
	int status;
	if (!command_line(&command, &settings, argc, argv, NULL, &status))
		return status;
	if (settings.older_than_days != NO_AGE && !settings.clear) {
		say("--older-than goes with --clear; see 'ddrec cache --help'");
		return EXIT_USAGE;
	}
	if (!run_settings(&settings, &err)) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

const struct report_command command_cache = { "cache", run };
