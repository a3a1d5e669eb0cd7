/* package: libxml2-dev  flags: -I/usr/include/libxml2 -lxml2 */
#include <libxml/xmlwriter.h>

int main(void)
{
	xmlFreeTextWriter(NULL);
	return 0;
}
