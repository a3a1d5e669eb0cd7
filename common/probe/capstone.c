/* package: libcapstone-dev  flags: -lcapstone */
#include <capstone/capstone.h>

int main(void)
{
	return cs_version(NULL, NULL) == 0;
}
