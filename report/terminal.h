/*
 * What text for people depends on: is it a terminal, how wide, with colours?
 */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A terminal that knows colours; not where NO_COLOR is set. */
bool terminal_has_colour(FILE *out);
/* Of the terminal; where there is none text is wide, but a name of C++ with a thousand characters
 * is cut there, too. */
uint32_t terminal_columns(FILE *out);

#endif
