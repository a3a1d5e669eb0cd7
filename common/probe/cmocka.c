/* package: libcmocka-dev  flags: -lcmocka */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int main(void)
{
	assert_true(1);
	return 0;
}
