/* The library that dlopen_loop loads: PLUGIN_FUNCTION names its one function. */
#include "burn.h"

uint64_t PLUGIN_FUNCTION(void);

NOINLINE uint64_t PLUGIN_FUNCTION(void)
{
	return spin(300000);
}
