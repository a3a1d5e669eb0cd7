/*
 * The multiplier of a hash whose keys come from a file. It is random, so that no file can choose
 * keys that all want one place.
 */
#ifndef REPORT_HASH_MULTIPLIER_H
#define REPORT_HASH_MULTIPLIER_H

#include <stdint.h>
#include <sys/random.h>

static inline uint64_t hash_multiplier(void)
{
	uint64_t multiplier;
	if (getrandom(&multiplier, sizeof(multiplier), GRND_NONBLOCK) != sizeof(multiplier))
		multiplier = 0x9e3779b97f4a7c15;
	return multiplier | 1;
}

#endif
