/*
 * ddrec annotate: source lines and instructions of a function with their share of the samples.
 */
#include "report/commands.h"

static int run(int argc, char **argv)
{
	(void)argc, (void)argv;
	say("not written yet");
	return EXIT_FAILED;
}

const struct report_command command_annotate = { "annotate", run };
