/*
 * A signal handler on the interrupted function's own stack. Proves that a stack goes through the
 * signal frame: handler_work, on_signal, interrupted_work, main. Usage: signal_samestack [SECONDS]
 */
#include "signal_common.h"

int main(int argc, char **argv)
{
	return run_interrupted(seconds_argument(argc, argv, 2), 0);
}
