/*
 * Code for made-up processes: an ELF file of 4 KiB of code with a rule per 256 bytes, for x86-64
 * and aarch64 alike.
 */
#ifndef REPORT_TEST_MINI_PROCESS_H
#define REPORT_TEST_MINI_PROCESS_H

#include "report/elf_file.h"
#include "report/test/mini_cfi.h"
#include "report/test/mini_elf.h"

#include <string.h>

enum {
	CODE_BYTES = 0x1000,
	/* Functions, as offsets into the code. */
	FRAMELESS = 0x010, /* x86-64: CFA=rsp+8; aarch64: CFA=sp, lr unchanged */
	PUSHED = 0x110,    /* CFA=sp+32, fp at CFA-16 (aarch64: CFA-32), lr at CFA-24 */
	FRAMED = 0x210,    /* CFA=fp+16, fp at CFA-16 */
	FIRST = 0x310,     /* return address undefined */
	IN_RBX = 0x410,    /* CFA=rbx+8 */
	PLT = 0x510,
	IN_R11 = 0x610,    /* CFA=r11+8 */
	RA_IN_RDI = 0x710, /* CFA=rsp, return address in rdi */
	SIGNAL = 0x810,    /* by its CFI: pc at CFA-16, rsp at CFA-8, CFA=rsp+16 */
	NO_RULE = 0x910,
	TRAMPOLINE = 0x980,
	ENTRY = 0xa00,
	CALL_SITE = 0xb10, /* behind a call instruction (aarch64: to 0x900); no rule */
};

static inline void x86_rules(struct buf *eh)
{
	const uint64_t t = MINI_ELF_TEXT;
	mini_cie(eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(eh, true, false, t, 0x100, BYTES(0));
	mini_fde(eh, true, false, t + 0x100, 0x100, BYTES(0x0e, 32, 0x86, 2, 0x83, 3));
	mini_fde(eh, true, false, t + 0x200, 0x100, BYTES(0x0c, 6, 16, 0x86, 2));
	mini_fde(eh, true, false, t + 0x300, 0x100, BYTES(0x07, 16));
	mini_fde(eh, true, false, t + 0x400, 0x100, BYTES(0x0c, 3, 8));
	mini_fde(eh, true, false, t + 0x500, 0x100,
		BYTES(0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22));
	mini_fde(eh, true, false, t + 0x600, 0x100, BYTES(0x0c, 11, 8));
	mini_fde(eh, true, false, t + 0x700, 0x100, BYTES(0x0c, 7, 0, 0x09, 16, 5));
	size_t signal_cie = eh->len;
	mini_cie(eh, &arch_x86_64, true, "zS", NULL, 0);
	mini_fde_of(
		eh, true, true, signal_cie, t + 0x800, 0x100, BYTES(0x0e, 16, 0x90, 2, 0x87, 1));
}

static inline void arm_rules(struct buf *eh)
{
	const uint64_t t = MINI_ELF_TEXT;
	mini_cie(eh, &arch_aarch64, true, "", NULL, 0);
	mini_fde(eh, true, false, t, 0x100, BYTES(0));
	mini_fde(eh, true, false, t + 0x100, 0x100, BYTES(0x0e, 32, 0x9d, 4, 0x9e, 3));
	mini_fde(eh, true, false, t + 0x200, 0x100, BYTES(0x0c, 29, 16, 0x9d, 2, 0x9e, 1));
	mini_fde(eh, true, false, t + 0x300, 0x100, BYTES(0x07, 30));
}

/* Its code is at offset MINI_ELF_TEXT_OFF. NULL: it cannot be opened. */
static inline struct elf_file *mini_process_elf(const struct arch *arch)
{
	static const uint8_t bl_back[] = { 0x7d, 0xff, 0xff, 0x97 }; /* bl .-0x20c: to 0x900 */
	uint8_t code[CODE_BYTES] = { 0 };
	AUTO_BUF struct buf eh = BUF_INIT;
	struct elf_file *elf;
	struct err err = { 0 };
	bool is_x86 = arch == &arch_x86_64;
	memcpy(code + TRAMPOLINE, arch->signal_frame->trampoline,
		arch->signal_frame->trampoline_len);
	code[CALL_SITE - 5] = is_x86 ? 0xe8 : 0;
	if (!is_x86)
		memcpy(code + CALL_SITE - 4, bl_back, 4);
	is_x86 ? x86_rules(&eh) : arm_rules(&eh);
	const struct mini_section sections[] = {
		{ ".text", SHT_PROGBITS, 0, code, sizeof(code) },
		{ ".eh_frame", SHT_PROGBITS, SHF_ALLOC, eh.data, eh.len },
	};
	AUTO_BUF struct buf image = mini_elf(arch->elf_machine, sections, 2);
	uint64_t entry = MINI_ELF_TEXT + ENTRY;
	memcpy(image.data + 24, &entry, 8);
	return elf_file_open_memory(image.data, image.len, "mini", &elf, &err) ? elf : NULL;
}

#endif
