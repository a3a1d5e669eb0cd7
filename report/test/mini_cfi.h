/*
 * Writes call frame information for tests: CIEs and FDEs from bytes.
 */
#ifndef REPORT_TEST_MINI_CFI_H
#define REPORT_TEST_MINI_CFI_H

#include "common/arch.h"
#include "common/buf.h"

#include <string.h>

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

/* An entry: length, body, padding with DW_CFA_nop. */
static inline void mini_entry(struct buf *out, const struct buf *body)
{
	size_t padding = -(body->len + 4) & 7;
	buf_u32(out, (uint32_t)(body->len + padding));
	buf_bytes(out, body->data, body->len);
	while (padding--)
		buf_u8(out, 0);
}

/* As compilers start: x86-64 CFA=rsp+8, ra at CFA-8; aarch64 CFA=sp+0. Code alignment 1, data
 * alignment -8. */
static inline void mini_cie(struct buf *out, const struct arch *arch, bool is_eh,
	const char *augmentation, const uint8_t *data, size_t data_bytes)
{
	AUTO_BUF struct buf b = BUF_INIT;
	buf_u32(&b, is_eh ? 0 : 0xffffffff);
	buf_u8(&b, 1);
	buf_bytes(&b, augmentation, strlen(augmentation) + 1);
	buf_bytes(&b, BYTES(1, 0x78));
	buf_u8(&b, arch->return_column);
	if (*augmentation == 'z')
		buf_uleb(&b, data_bytes);
	if (data_bytes)
		buf_bytes(&b, data, data_bytes);
	if (arch == &arch_x86_64)
		buf_bytes(&b, BYTES(0x0c, 7, 8, 0x90, 1));
	else
		buf_bytes(&b, BYTES(0x0c, 31, 0));
	mini_entry(out, &b);
}

/* For a CIE at offset cie that uses absptr. */
static inline void mini_fde_of(struct buf *out, bool is_eh, bool has_z, size_t cie, uint64_t start,
	uint64_t size, const uint8_t *program, size_t program_bytes)
{
	AUTO_BUF struct buf b = BUF_INIT;
	buf_u32(&b, (uint32_t)(is_eh ? out->len + 4 - cie : cie));
	buf_u64(&b, start);
	buf_u64(&b, size);
	if (has_z)
		buf_u8(&b, 0);
	buf_bytes(&b, program, program_bytes);
	mini_entry(out, &b);
}

/* For the CIE at offset 0. */
static inline void mini_fde(struct buf *out, bool is_eh, bool has_z, uint64_t start, uint64_t size,
	const uint8_t *program, size_t program_bytes)
{
	mini_fde_of(out, is_eh, has_z, 0, start, size, program, program_bytes);
}

#endif
