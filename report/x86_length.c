/*
 * Lengths of x86-64 instructions: see x86_length.h.
 */
#include "report/x86_length.h"

#include "common/cursor.h"

enum { MAX_BYTES = 15, MAP_0F = 1, MAP_0F38 = 2, MAP_0F3A = 3 };

static bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0x66:
	case 0x67:
	case 0xf0:
	case 0xf2:
	case 0xf3:
		return true;
	default:
		return (byte & 0xf0) == 0x40; /* REX */
	}
}

/* ModRM, and the SIB byte and displacement that it asks for. */
static void skip_modrm(struct cursor *c)
{
	uint8_t modrm = cursor_u8(c);
	uint8_t mod = modrm >> 6, rm = modrm & 7;
	if (mod == 3)
		return;
	uint8_t base = rm == 4 ? cursor_u8(c) & 7 : rm;
	if (mod == 1)
		cursor_skip(c, 1);
	else if (mod == 2 || base == 5)
		cursor_skip(c, 4);
}

/* Of vector instructions. */
static bool has_immediate(uint8_t map, uint8_t opcode)
{
	if (map == MAP_0F3A)
		return true;
	if (map != MAP_0F)
		return false;
	return (opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 ||
		(opcode >= 0xc4 && opcode <= 0xc6);
}

static void skip_vector(struct cursor *c, uint8_t map)
{
	uint8_t opcode = cursor_u8(c);
	if (map == MAP_0F && opcode == 0x77) /* vzeroupper */
		return;
	skip_modrm(c);
	if (has_immediate(map, opcode))
		cursor_skip(c, 1);
}

static bool skip_two_bytes(struct cursor *c)
{
	uint8_t opcode = cursor_u8(c);
	bool has_modrm = opcode == 0x01 || opcode == 0x0d || (opcode >= 0x18 && opcode <= 0x1f) ||
		opcode == 0xae || opcode == 0xc7;
	if (opcode == 0x38 || opcode == 0x3a) {
		cursor_u8(c);
		skip_modrm(c);
		if (opcode == 0x3a)
			cursor_skip(c, 1);
		return true;
	}
	if (has_modrm)
		skip_modrm(c);
	return has_modrm;
}

size_t x86_length(const uint8_t *code, size_t n_bytes)
{
	struct cursor c = cursor_make(code, MIN(n_bytes, (size_t)MAX_BYTES));
	uint8_t byte = cursor_u8(&c);
	while (!c.failed && is_prefix(byte))
		byte = cursor_u8(&c);
	switch (byte) {
	case 0x62: { /* EVEX: three bytes, the map in the lowest bits of the first */
		uint8_t map = cursor_u8(&c) & 7;
		cursor_skip(&c, 2);
		skip_vector(&c, map);
		break;
	}
	case 0xc4: {
		uint8_t map = cursor_u8(&c) & 0x1f;
		cursor_skip(&c, 1);
		skip_vector(&c, map);
		break;
	}
	case 0xc5:
		cursor_skip(&c, 1);
		skip_vector(&c, MAP_0F);
		break;
	case 0x0f:
		if (!skip_two_bytes(&c))
			return 0;
		break;
	default:
		return 0;
	}
	return c.failed ? 0 : cursor_offset(&c);
}
