/*
 * The terminal: see terminal.h.
 */
#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FILE_COLUMNS = 160 };

bool terminal_has_colour(FILE *out)
{
	const char *term = getenv("TERM");
	return isatty(fileno(out)) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

uint32_t terminal_columns(FILE *out)
{
	struct winsize size;
	bool has_size =
		isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col;
	return has_size ? size.ws_col : FILE_COLUMNS;
}
