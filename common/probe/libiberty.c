/* package: libiberty-dev  flags: -liberty */
#include <libiberty/demangle.h>

int main(void)
{
	return !cplus_demangle("_Z1fv", DMGL_PARAMS);
}
