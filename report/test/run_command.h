/*
 * Runs whole commands inside a test, with what they print kept in memory. That is a hundred times
 * faster than a process, so that every byte of a file can be tried.
 *
 *	struct outcome o = run_command(&command_report, "-q", "--folded", path);
 *	assert_null(outcome_problem(&o));
 *	outcome_fini(&o);
 */
#ifndef REPORT_TEST_RUN_COMMAND_H
#define REPORT_TEST_RUN_COMMAND_H

#include "formats/utf8.h"
#include "report/commands.h"

#include <stdio.h>
#include <string.h>

struct outcome {
	int status;
	char *out, *err;
	size_t out_bytes, err_bytes;
};

static inline void outcome_fini(struct outcome *o)
{
	free(o->out);
	free(o->err);
}

/* argv[0] is the command's name; n words follow it. stdout and stderr are glibc's variables. */
static inline struct outcome run_command_words(
	const struct report_command *command, char **argv, int argc)
{
	struct outcome o = { 0 };
	FILE *out = stdout, *err = stderr;
	stdout = open_memstream(&o.out, &o.out_bytes);
	stderr = open_memstream(&o.err, &o.err_bytes);
	if (!stdout || !stderr)
		abort();
	o.status = command->run(argc, argv);
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;
	return o;
}

#define run_command(command, ...)                                                        \
	({                                                                               \
		const char *words_[] = { (command)->name, __VA_ARGS__, NULL };           \
		run_command_words(command, (char **)words_, (int)ARRAY_LEN(words_) - 1); \
	})

/* Only whole lines of well-formed UTF-8 that no terminal obeys. */
static inline bool is_clean_text(const char *text, size_t size_bytes)
{
	for (const char *at = text, *end = text + size_bytes; at < end;) {
		const char *from = at;
		uint32_t c = utf8_next(&at, end);
		bool is_malformed = c == UTF8_REPLACEMENT && at == from + 1;
		if (is_malformed || (c != '\n' && utf8_is_harmful(c)))
			return false;
	}
	return !size_bytes || text[size_bytes - 1] == '\n';
}

/* What a user could complain about, whatever the trace was; NULL: nothing. A trace is read (in
 * part), or refused in one line. */
static inline const char *outcome_problem(const struct outcome *o)
{
	const char *line_end = memchr(o->err, '\n', o->err_bytes);
	if (o->status != EXIT_OK && o->status != EXIT_FAILED)
		return "an exit status that is neither 0 nor 1";
	if (o->status == EXIT_FAILED && !o->err_bytes)
		return "failed without a message";
	if (o->err_bytes &&
		(strncmp(o->err, "ddrec: ", 7) || line_end != o->err + o->err_bytes - 1))
		return "not one line of message";
	if (!is_clean_text(o->err, o->err_bytes))
		return "control characters in the message";
	if (!is_clean_text(o->out, o->out_bytes))
		return "control characters in the output";
	return NULL;
}

#endif
