/*
 * Writing a filled buffer: see output.h.
 */
#include "formats/output.h"

bool output_pass(struct buf *b, FILE *out, struct err *err)
{
	if (b->failed)
		return err_set(err, "out of memory while writing");
	if (b->len && fwrite(b->data, 1, b->len, out) != b->len)
		return err_errno(err, "cannot write the output");
	buf_clear(b);
	return true;
}

bool output_write(const struct buf *b, FILE *out, struct err *err)
{
	if (b->failed)
		return err_set(err, "out of memory while writing");
	if (b->len && fwrite(b->data, 1, b->len, out) != b->len)
		return err_errno(err, "cannot write the output");
	if (fflush(out) || ferror(out))
		return err_errno(err, "cannot write the output");
	return true;
}
