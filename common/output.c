/* See output.h. */
#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static bool open_stdout(struct output *ret_output, struct err *err)
{
	if (isatty(STDOUT_FILENO))
		return err_set(err, "will not write a trace to a terminal; use -o FILE");
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_errno(err, "standard output");
	*ret_output = (struct output){ .fd = fd, .name = "standard output" };
	return true;
}

bool output_open(const char *path, struct output *ret_output, struct err *err)
{
	if (!strcmp(path, "-"))
		return open_stdout(ret_output, err);
	bool is_new = true;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST) {
		is_new = false;
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	}
	if (fd < 0)
		return err_errno(err, "cannot write '%s'", path);
	*ret_output = (struct output){ .fd = fd, .name = path, .path = path, .is_new = is_new };
	return true;
}

bool output_begin(struct output *o, struct err *err)
{
	struct stat st;
	if (o->path && !fstat(o->fd, &st) && S_ISREG(st.st_mode) && ftruncate(o->fd, 0))
		return err_errno(err, "cannot empty '%s'", o->name);
	return true;
}

void output_discard(struct output *o)
{
	if (o->is_new)
		unlink(o->path);
	close(o->fd);
	o->fd = -1;
}

bool output_close(struct output *o, struct err *err)
{
	int fd = o->fd;
	o->fd = -1;
	if (close(fd))
		return err_errno(err, "cannot finish '%s'", o->name);
	return true;
}

bool output_is_input(const char *path, const char *input)
{
	struct stat out, in;
	int status = strcmp(input, "-") ? stat(input, &in) : fstat(STDIN_FILENO, &in);
	return !status && !stat(path, &out) && S_ISREG(out.st_mode) && out.st_dev == in.st_dev &&
		out.st_ino == in.st_ino;
}
