/*
 * The file under a trace reader: see trace_input.h.
 */
#include "common/trace_input.h"

#include "common/write_fully.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_temporary(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && *dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("ddrec-trace", MFD_CLOEXEC);
}

/* Copies the pipe fd to its end; returns the copy, or -1. */
static int copy_pipe(int fd, const char *name, struct err *err)
{
	AUTO_CLOSE int copy = open_temporary();
	AUTO_FREE char *chunk = malloc(1 << 16);
	if (copy < 0 || !chunk) {
		err_errno(err, "%s: cannot make a temporary file", name);
		return -1;
	}
	for (;;) {
		ssize_t n = read(fd, chunk, 1 << 16);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !write_fully(copy, chunk, (size_t)n)) {
			err_errno(err, "%s: cannot copy to a temporary file", name);
			return -1;
		}
	}
	int result = copy;
	copy = -1;
	return result;
}

/* Leaves in `in` a descriptor of its own for path, or for standard input. */
static bool open_any(struct trace_input *in, const char *path, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	in->name = strdup(is_stdin ? "standard input" : path);
	if (!in->name)
		return err_set(err, "%s: not enough memory", path);
	in->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return in->fd >= 0 || err_errno(err, "%s", in->name);
}

static bool open_regular(struct trace_input *in, const char *path, struct err *err)
{
	struct stat st;
	if (!open_any(in, path, err))
		return false;
	if (fstat(in->fd, &st) != 0)
		return err_errno(err, "%s", in->name);
	if (S_ISDIR(st.st_mode))
		return err_set(err, "%s: is a directory", in->name);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) /* may have no end */
		return err_set(err, "%s: is a device", in->name);
	if (!S_ISREG(st.st_mode)) {
		int copy = copy_pipe(in->fd, in->name, err);
		if (copy < 0)
			return false;
		close(in->fd);
		in->fd = copy;
		in->is_copy = true;
		if (fstat(in->fd, &st) != 0)
			return err_errno(err, "%s", in->name);
	}
	in->bytes = (uint64_t)st.st_size;
	return true;
}

bool trace_input_open(struct trace_input *in, const char *path, struct err *err)
{
	*in = (struct trace_input){ .fd = -1 };
	bool ok = open_regular(in, path, err);
	if (!ok)
		trace_input_close(in);
	return ok;
}

bool trace_input_clone(struct trace_input *in, const struct trace_input *from, struct err *err)
{
	*in = (struct trace_input){ .bytes = from->bytes };
	in->fd = fcntl(from->fd, F_DUPFD_CLOEXEC, 3);
	if (in->fd < 0)
		return err_errno(err, "%s", from->name);
	in->name = strdup(from->name);
	if (in->name)
		return true;
	trace_input_close(in);
	return err_set(err, "%s: not enough memory", from->name);
}

void trace_input_close(struct trace_input *in)
{
	if (in->fd >= 0)
		close(in->fd);
	free(in->name);
	*in = (struct trace_input){ .fd = -1 };
}

bool trace_input_read(const struct trace_input *in, uint64_t offset, void *to, size_t size_bytes,
	size_t *ret_bytes, struct err *err)
{
	size_t done = 0;
	while (done < size_bytes) {
		ssize_t n =
			pread(in->fd, (char *)to + done, size_bytes - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "%s: cannot read at offset %llu", in->name,
				(unsigned long long)(offset + done));
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_bytes = done;
	return true;
}

bool trace_input_temporary(struct trace_input *in, const char *name, struct err *err)
{
	*in = (struct trace_input){ .fd = open_temporary(), .name = strdup(name) };
	if (in->fd >= 0 && in->name)
		return true;
	err_errno(err, "%s: cannot make a temporary file", name);
	trace_input_close(in);
	return false;
}

bool trace_input_append(
	struct trace_input *in, const void *data, size_t size_bytes, struct err *err)
{
	if (!write_fully(in->fd, data, size_bytes))
		return err_errno(err, "%s: cannot write to a temporary file", in->name);
	in->bytes += size_bytes;
	return true;
}

const char *trace_input_guess(const uint8_t *data, size_t size_bytes)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} known[] = {
		{ "\x7f"
		  "ELF",
			4,
			"is an ELF file, not a trace; record a program with: ddrec record "
			"PROGRAM" },
		{ "\x28\xb5\x2f\xfd", 4,
			"is compressed with zstd, but is not a trace of ddrec record; if there is "
			"perf.data in it, unpack it first" },
		{ "\x1f\x8b", 2, "is a gzip file; if there is a recording in it, unpack it first" },
		{ "\xfd"
		  "7zXZ",
			5, "is an xz file; if there is a recording in it, unpack it first" },
		{ "{", 1, "is a JSON file, and ddrec reads none" },
	};
	if (!size_bytes)
		return "is empty";
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (size_bytes >= known[i].len && !memcmp(data, known[i].bytes, known[i].len))
			return known[i].text;
	return "is neither a trace of ddrec record nor a perf.data file, nor a profile (of pprof, "
	       "folded stacks, xctrace export)";
}
