/*
 * The addresses asked for cut the address space into gaps; gap i lies between address i-1 and
 * address i. Of the symbols that start in a gap only the last can be address i's symbol, and only
 * the first can end the symbol before. So one pass with two starts and one name per gap is enough.
 *
 * Reading takes longer than anything else the recorder does (some 50 ms), and most of that is the
 * kernel writing lines. The kernel proper comes first and in order, so the pass ends early where
 * it can: see is_past_all.
 */
#include "common/kallsyms.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES = 128 };

struct gap {
	uint64_t first, last; /* the least and greatest start in it; first > last: none */
	char name[NAME_BYTES];
	char module[NAME_BYTES];
	bool is_global; /* the name's type is a capital letter */
};

struct line {
	uint64_t address;
	char type;
	const char *name;
	const char *module;
};

/* strtoull is four times slower, and there are 100,000 lines. */
static uint64_t parse_hex(char *text, char **ret_end)
{
	uint64_t value = 0;
	for (;; text++) {
		unsigned int digit = (unsigned int)(*text - '0');
		if (digit > 9)
			digit = *text >= 'a' && *text <= 'f' ? (unsigned int)(*text - 'a') + 10
							     : 16;
		if (digit > 15)
			break;
		value = value << 4 | digit;
	}
	*ret_end = text;
	return value;
}

/* "ffffffff81000000 T _text\t[module]", cut in place. */
static bool parse_line(char *text, struct line *ret_line)
{
	char *at;
	ret_line->address = parse_hex(text, &at);
	if (at == text || at[0] != ' ' || !at[1] || at[2] != ' ')
		return false;
	ret_line->type = at[1];
	ret_line->name = at + 3;
	at += 3 + strcspn(at + 3, "\t\n ");
	ret_line->module = "";
	if (*at == '\t' && at[1] == '[') {
		*at = '\0';
		ret_line->module = at + 2;
		at += 2 + strcspn(at + 2, "]\n");
	}
	*at = '\0';
	return ret_line->name[0];
}

static bool is_code(char type)
{
	return strchr("tTwW", type);
}

/* The first gap whose upper address is >= address; n when the symbol is above all. */
static size_t gap_of(const uint64_t *addresses, size_t n, uint64_t address)
{
	size_t low = 0;
	while (n > 0) {
		size_t half = n / 2;
		if (addresses[low + half] < address) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

/* Cut to what fits. */
static void copy_name(char to[NAME_BYTES], const char *from)
{
	if (!memccpy(to, from, '\0', NAME_BYTES))
		to[NAME_BYTES - 1] = '\0';
}

static void add_symbol(struct gap *gap, const struct line *line)
{
	bool is_global = isupper((unsigned char)line->type);
	if (line->address < gap->first)
		gap->first = line->address;
	if (line->address < gap->last ||
		(line->address == gap->last && gap->name[0] && (gap->is_global || !is_global)))
		return;
	gap->last = line->address;
	gap->is_global = is_global;
	copy_name(gap->name, line->name);
	copy_name(gap->module, line->module);
}

/*
 * Whether no later line can matter: the kernel proper is listed first and in ascending order, and
 * modules lie wholly above it (x86-64) or below it (aarch64). So when every address asked for is
 * at or above the kernel's first symbol, the first symbol above the last address ends the search.
 */
static bool is_past_all(
	const struct line *line, uint64_t first_start, const uint64_t *addresses, size_t n)
{
	return !line->module[0] && line->address > addresses[n - 1] && first_start <= addresses[0];
}

static void scan(FILE *file, const uint64_t *addresses, size_t n, struct gap *gaps)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	uint64_t first_start = 0;
	struct line line;
	while (getline(&text, &size, file) > 0) {
		if (!parse_line(text, &line) || !line.address || !is_code(line.type))
			continue;
		if (!first_start)
			first_start = line.address;
		add_symbol(&gaps[gap_of(addresses, n, line.address)], &line);
		if (is_past_all(&line, first_start, addresses, n))
			return;
	}
}

/* The start of the first symbol above gap i, for the size of gap i's symbol. */
static uint64_t next_start(const struct gap *gaps, size_t n_gaps, size_t i)
{
	while (++i < n_gaps)
		if (gaps[i].first <= gaps[i].last)
			return gaps[i].first;
	return 0;
}

static void collect(const struct gap *gaps, size_t n, struct kallsyms *k)
{
	for (size_t i = 0; i < n; i++) {
		const struct gap *gap = &gaps[i];
		uint64_t next = next_start(gaps, n + 1, i);
		if (gap->first > gap->last || !next)
			continue;
		copy_name(k->names[k->n][0], gap->name);
		copy_name(k->names[k->n][1], gap->module);
		k->symbols[k->n] = (struct trace_kernel_symbol){
			.start = gap->last,
			.size = next - gap->last,
			.name = k->names[k->n][0],
			.module = k->names[k->n][1],
		};
		k->n++;
	}
}

bool kallsyms_read(FILE *file, const uint64_t *addresses, size_t n, struct kallsyms *ret_symbols,
	struct err *err)
{
	*ret_symbols = (struct kallsyms){ 0 };
	if (n == 0)
		return true;
	AUTO_FREE struct gap *gaps = calloc(n + 1, sizeof(*gaps));
	struct kallsyms k = {
		.symbols = calloc(n, sizeof(*k.symbols)),
		.names = calloc(n, sizeof(*k.names)),
	};
	if (!gaps || !k.symbols || !k.names) {
		kallsyms_fini(&k);
		return err_errno(err, "memory for kernel symbols");
	}
	for (size_t i = 0; i <= n; i++)
		gaps[i].first = UINT64_MAX;
	scan(file, addresses, n, gaps);
	collect(gaps, n, &k);
	*ret_symbols = k;
	return true;
}

void kallsyms_fini(struct kallsyms *k)
{
	free(k->symbols);
	free(k->names);
	*k = (struct kallsyms){ 0 };
}
