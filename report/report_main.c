/*
 * ddrec-report: the commands that read traces. One table names them; each is a file cmd_NAME.c.
 * Without a known command the arguments are those of `report`.
 */
#include "report/commands.h"

#include <stdio.h>
#include <string.h>

static const struct report_command *const commands[] = {
	&command_report,
	&command_annotate,
	&command_info,
	&command_script,
	&command_convert,
	&command_cache,
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	}
	return command_report.run(argc, argv);
}
