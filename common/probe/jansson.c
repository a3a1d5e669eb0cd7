/* package: libjansson-dev  flags: -ljansson */
#include <jansson.h>

int main(void)
{
	json_decref(json_null());
	return 0;
}
