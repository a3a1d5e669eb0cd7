/*
 * The file that a view is written to: see output_file.h.
 */
#include "report/output_file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Such as profile.pb.gz, which is also where --pprof writes. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;
	return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && S_ISREG(of_a.st_mode) &&
		of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

static void discard(const char *name)
{
	struct stat st;
	if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
		unlink(name);
}

bool output_file_open(
	struct output_file *o, const char *name, const char *input_path, struct err *err)
{
	*o = (struct output_file){ .name = name, .file = stdout };
	o->is_stdout = !name || strcmp(name, "-") == 0;
	if (o->is_stdout) {
		o->name = "standard output";
		return true;
	}
	if (is_same_file(name, input_path))
		return err_set(err, "'%s' is what is read: -o writes elsewhere", name);
	o->file = fopen(name, "we");
	return o->file || err_errno(err, "cannot write '%s'", name);
}

bool output_file_close(struct output_file *o, bool ok, struct err *err)
{
	if (!ok)
		err_prefix(err, "%s", o->name);
	else if (fflush(o->file) || ferror(o->file))
		ok = err_errno(err, "cannot write %s", o->name);
	if (o->is_stdout)
		return ok;
	if (fclose(o->file) && ok)
		ok = err_errno(err, "cannot write %s", o->name);
	if (!ok)
		discard(o->name);
	return ok;
}
