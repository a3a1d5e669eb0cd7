/* package: libdebuginfod-dev  flags: -ldl */
#include <elfutils/debuginfod.h>

int main(void)
{
	return sizeof(DEBUGINFOD_SONAME) == 1;
}
