/*
 * The file that a view is written to: see output_file.h.
 */
#include "report/output_file.h"

#include "common/output.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	if (output_is_input(name, input_path)) /* such as profile.pb.gz, --pprof's own */
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
