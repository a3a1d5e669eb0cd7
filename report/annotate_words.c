/*
 * What a user calls a function: see annotate_words.h.
 */
#include "report/annotate_words.h"

#include <string.h>

/* Of "operator()", "operator<", "operator->" these are no brackets. */
static size_t operator_length(const char *at, const char *start)
{
	static const char word[] = "operator";
	bool begins = at == start || (!strchr("_", at[-1]) && (at[-1] == ':' || at[-1] == ' '));
	if (!begins || strncmp(at, word, sizeof(word) - 1) != 0)
		return 0;
	size_t len = sizeof(word) - 1;
	if (strncmp(at + len, "()", 2) == 0)
		return len + 2;
	return len + strspn(at + len, "<>=-!");
}

/* Only what is outside of all brackets is kept; anonymous namespaces are. */
static void drop_brackets(char *name)
{
	static const char anonymous[] = "(anonymous namespace)";
	char *to = name;
	unsigned depth = 0;
	for (const char *at = name; *at; at++) {
		size_t len = depth ? 0 : operator_length(at, name);
		if (!depth && !len && strncmp(at, anonymous, sizeof(anonymous) - 1) == 0)
			len = sizeof(anonymous) - 1;
		if (len) {
			memmove(to, at, len);
			to += len;
			at += len - 1;
		} else if (*at == '(' || *at == '<' || *at == '[') {
			depth++;
		} else if (*at == ')' || *at == '>' || *at == ']') {
			depth -= depth > 0;
		} else if (!depth) {
			*to++ = *at;
		}
	}
	*to = 0;
}

/* C's linkage names: "parse.constprop.0". A name for people has it in brackets, and dots may then
 * be part of it. */
static void drop_clone_mark(char *name)
{
	static const char *const marks[] = { ".cold", ".part.", ".isra.", ".constprop.",
		".lto_priv.", ".llvm." };
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		char *mark = strstr(name, marks[i]);
		if (mark && mark != name)
			*mark = 0;
	}
}

/* "void f" is f; " const" behind the arguments goes with them. */
static const char *last_word(char *name)
{
	static const char *const behind[] = { " const", " volatile", " &", " &&", " const &" };
	size_t len = strlen(name);
	while (len && name[len - 1] == ' ')
		name[--len] = 0;
	for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
		size_t n = strlen(behind[i]);
		if (len > n && strcmp(name + len - n, behind[i]) == 0)
			name[len -= n] = 0;
	}
	if (strstr(name, "(anonymous namespace)") || strstr(name, "operator"))
		return name;
	const char *blank = strrchr(name, ' ');
	return blank ? blank + 1 : name;
}

char *annotate_base_name(const char *name)
{
	AUTO_FREE char *copy = strdup(name);
	if (!copy)
		return NULL;
	bool is_made_up = copy[0] == '['; /* "[libx.so+0x12ab]" */
	if (is_made_up)
		return TAKE(copy);
	drop_brackets(copy);
	drop_clone_mark(copy);
	const char *base = last_word(copy);
	return strdup(base[0] ? base : name);
}

/* "MODULE:NAME": the first colon that is not one of two, if something is before it. */
static char *find_colon(char *words)
{
	/* "[kernel]:clear_page". */
	char *closing = words[0] == '[' ? strchr(words, ']') : NULL;
	for (char *at = closing ? closing : words; *at; at++) {
		if (strchr("(<[", *at))
			return NULL;
		if (*at != ':')
			continue;
		if (at[1] != ':')
			return at == words ? NULL : at;
		at++;
	}
	return NULL;
}

static bool parse_address(struct annotate_words *w, char *name, struct err *err)
{
	char *at = strstr(name, "@0x"), *end;
	if (!at)
		return true;
	w->address = strtoull(at + 1, &end, 16);
	w->has_address = true;
	if (*end || end == at + 3)
		return err_set(err, "'%s': an address is expected behind the @", name);
	*at = 0;
	return true;
}

bool annotate_words_parse(
	struct annotate_words *w, const char *words, const char *module, struct err *err)
{
	*w = (struct annotate_words){ .module = module };
	char *copy = w->memory[0] = strdup(words);
	if (!copy)
		return err_set(err, "no memory");
	if (!parse_address(w, copy, err))
		return false;
	char *colon = find_colon(copy);
	if (colon) {
		*colon = 0;
		w->module = copy;
		copy = colon + 1;
	}
	w->name = copy;
	w->base = w->memory[1] = annotate_base_name(copy);
	if (!w->base)
		return err_set(err, "no memory");
	w->has_regex = regcomp(&w->regex, copy, REG_EXTENDED | REG_NOSUB) == 0;
	return true;
}

void annotate_words_fini(struct annotate_words *w)
{
	if (w->has_regex)
		regfree(&w->regex);
	for (size_t i = 0; i < ARRAY_LEN(w->memory); i++)
		free(w->memory[i]);
	*w = (struct annotate_words){ 0 };
}

enum annotate_fit annotate_words_fit(const struct annotate_words *w, const char *name)
{
	if (!w->name[0] || strcmp(name, w->name) == 0)
		return FIT_EXACT;
	AUTO_FREE char *base = annotate_base_name(name);
	if (base && (strcmp(base, w->name) == 0 || strcmp(base, w->base) == 0))
		return FIT_BASE;
	/* "weight" of "polygon::weight". */
	size_t len = base ? strlen(base) : 0, wanted = strlen(w->name);
	if (len > wanted + 2 && strcmp(base + len - wanted, w->name) == 0 &&
		base[len - wanted - 1] == ':')
		return FIT_BASE;
	if (strstr(name, w->name) || (w->has_regex && !regexec(&w->regex, name, 0, NULL, 0)))
		return FIT_PART;
	return FIT_NONE;
}

bool annotate_words_fit_module(const struct annotate_words *w, const char *label)
{
	if (!w->module)
		return true;
	/* "libc" is libc.so.6. */
	size_t len = strlen(w->module);
	return strcmp(label, w->module) == 0 ||
		(strncmp(label, w->module, len) == 0 && strchr(".-", label[len]));
}
