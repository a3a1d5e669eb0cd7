/* package: zlib1g-dev  flags: -lz */
#include <zlib.h>

int main(void)
{
	return zlibVersion()[0] == 0;
}
