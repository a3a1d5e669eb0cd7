/*
 * How long an x86-64 instruction is, without knowing what it does.
 *
 * A disassembler that is older than the processor knows not all vector instructions; but their
 * encodings tell the length. Without it, what follows would be read from the wrong byte on: the
 * memcmp that glibc takes on a machine with AVX-512 would be noise.
 */
#ifndef REPORT_X86_LENGTH_H
#define REPORT_X86_LENGTH_H

#include <stddef.h>
#include <stdint.h>

/* Of an instruction encoded with EVEX or VEX, or after 0F 38, 0F 3A and some of 0F. 0: of another
 * kind, or it does not end within n_bytes. (Intel SDM, volume 2, 2.1 to 2.7.) */
size_t x86_length(const uint8_t *code, size_t n_bytes);

#endif
