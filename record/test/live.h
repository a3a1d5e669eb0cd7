/*
 * What the live tests of the recorder share: shell lines in a scratch directory, with $R for the
 * recorder and $T for the test program itself, and reading the traces that came of it.
 */
#ifndef RECORD_TEST_LIVE_H
#define RECORD_TEST_LIVE_H

#include "common/defs.h"
#include "common/trace_reader.h"

#include <limits.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Runs a command on a terminal of its own, copies what it prints there, and returns its status.
 * When typed is not "", it is typed as soon as the command has printed something. */
static inline int on_terminal(const char *typed, char **argv)
{
	char output[4096];
	int terminal;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(99);
	}
	for (;;) {
		ssize_t n = read(terminal, output, sizeof(output));
		if (n <= 0 || write(STDOUT_FILENO, output, (size_t)n) != n)
			break;
		if (*typed && write(terminal, typed, strlen(typed)) > 0)
			typed = "";
	}
	int status;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct outcome {
	int status; /* as the shell's $? */
	char output[1 << 16];
};

static char directory[PATH_MAX];

/* Runs a line of shell in the scratch directory; its output and errors are taken. */
static inline void PRINTF_LIKE(2, 3) shell(struct outcome *o, const char *fmt, ...)
{
	char line[4096], script[sizeof(directory) + sizeof(line) + 32];
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	snprintf(script, sizeof(script), "cd '%s' && { %s\n} 2>&1", directory, line);
	FILE *pipe = popen(script, "re");
	assert_non_null(pipe);
	size_t len = fread(o->output, 1, sizeof(o->output) - 1, pipe);
	o->output[len] = '\0';
	int status = pclose(pipe);
	o->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void need_rights(void)
{
	static struct outcome o;
	shell(&o, "\"$R\" -q -o /dev/null true");
	if (o.status == 0)
		return;
	print_message("SKIP: cannot record here: %s", o.output);
	skip();
}

struct contents {
	uint64_t samples, with_stack, truncated, unmapped;
	uint64_t events;
	uint64_t periods; /* the sum */
	bool has_stats;
	bool is_damaged;
	struct trace_stats stats;
};

enum { MAX_MAPPINGS = 4096 };
static struct {
	uint64_t start, len;
} mappings[MAX_MAPPINGS];

static inline void read_block(struct trace_reader *r, uint32_t kind, struct contents *c)
{
	struct trace_event event;
	struct trace_sample sample;
	if (kind == TRACE_BLOCK_STATS)
		c->has_stats = trace_reader_stats(r, &c->stats);
	while (kind == TRACE_BLOCK_EVENTS && trace_reader_event(r, &event)) {
		if (event.kind == TRACE_MMAP) {
			mappings[c->events % MAX_MAPPINGS].start = event.mmap.start;
			mappings[c->events % MAX_MAPPINGS].len = event.mmap.len;
		}
		c->events++;
	}
	while (kind == TRACE_BLOCK_SAMPLES && trace_reader_sample(r, &sample)) {
		bool found = sample.flags & TRACE_SAMPLE_IN_KERNEL;
		for (uint64_t i = 0; i < MIN(c->events, MAX_MAPPINGS); i++)
			found |= sample.ip - mappings[i].start < mappings[i].len;
		c->samples++;
		c->periods += sample.period;
		c->with_stack += sample.stack.n_words > 0;
		c->truncated += sample.stack.truncated;
		c->unmapped += !found;
	}
}

static inline struct contents read_trace(const char *name)
{
	struct contents c = { 0 };
	struct err err = { 0 };
	struct trace_reader *r;
	struct trace_block block;
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (!trace_reader_open(path, &r, &err))
		fail_msg("%s", err.text);
	memset(mappings, 0, sizeof(mappings));
	while (trace_reader_next(r, &block, &err))
		read_block(r, block.kind, &c);
	c.is_damaged = trace_reader_damage(r)->why[0];
	trace_reader_close(r);
	return c;
}

static inline struct contents read_whole_trace(const char *name)
{
	struct contents c = read_trace(name);
	assert_false(c.is_damaged);
	assert_true(c.has_stats);
	assert_int_equal(c.stats.samples, c.samples);
	return c;
}

static inline int set_up(void **state UNUSED)
{
	char self[PATH_MAX], recorder[PATH_MAX + 64];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return -1;
	self[len] = '\0';
	setenv("T", self, 1);
	*strrchr(self, '/') = '\0';
	snprintf(recorder, sizeof(recorder), "%s/../../bin/ddrec-record", self);
	setenv("R", recorder, 1);
	snprintf(directory, sizeof(directory), "/tmp/ddrec-test-XXXXXX");
	return mkdtemp(directory) && chmod(directory, 0755) == 0 ? 0 : -1;
}

static inline int tear_down(void **state UNUSED)
{
	static struct outcome cleaned;
	shell(&cleaned, "cd / && rm -rf '%s'", directory);
	return 0;
}

#endif
