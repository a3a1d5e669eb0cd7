/*
 * Decompresses ELF sections: SHF_COMPRESSED (Elf64_Chdr, gABI chapter 4) with zlib or zstd, and the
 * old .zdebug_* ("ZLIB", size as 8 bytes big-endian, zlib stream). The announced size is believed
 * only within limits, before memory is taken.
 */
#ifndef REPORT_ELF_INFLATE_H
#define REPORT_ELF_INFLATE_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

/* Each: ret_data is the caller's to free; err says what was wrong with the section's bytes. */
MUST_CHECK bool elf_inflate_section(const uint8_t *data, size_t size_bytes, uint8_t **ret_data,
	size_t *ret_size_bytes, struct err *err);
MUST_CHECK bool elf_inflate_zdebug(const uint8_t *data, size_t size_bytes, uint8_t **ret_data,
	size_t *ret_size_bytes, struct err *err);

#endif
