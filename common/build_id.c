/*
 * Build-ids: see build_id.h.
 */
#include "common/build_id.h"

const char *build_id_hex(const struct build_id *id, char hex[BUILD_ID_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	char *at = hex;
	for (unsigned i = 0; i < id->len; i++) {
		*at++ = digits[id->bytes[i] >> 4];
		*at++ = digits[id->bytes[i] & 15];
	}
	*at = '\0';
	return hex;
}
