/*
 * Between symbol_file.c and symbol_file_write.c: the sizes and bits of the layout that
 * symbol_file.h describes.
 */
#ifndef REPORT_SYMBOL_FILE_LAYOUT_H
#define REPORT_SYMBOL_FILE_LAYOUT_H

/*
 * header: u32 ranges, frames, bytes of strings, bytes of facts, flags of the notes, debug file
 *         (string), problem (string), 0
 * range:  u64 end; u32 first frame, number of frames and bits, problem (string), 0
 * frame:  u32 raw name, shown name, file (strings), line, bits
 */
enum { START_BYTES = 8, RANGE_BYTES = 24, FRAME_BYTES = 20 };

enum { NOTE_HAS_SYMBOLS = 1, NOTE_HAS_DEBUG_INFO = 2, NOTE_IS_STRIPPED = 4 };
enum { RANGE_FRAMES_MASK = 0xffff, RANGE_IS_PARTIAL = 0x10000 };
enum { FRAME_IS_INLINED = 1 };

#endif
