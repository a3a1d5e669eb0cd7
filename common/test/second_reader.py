#!/usr/bin/env python3
"""A second reader of ddrec traces, written from docs/trace-format.md alone.

It is a judge of the real reader: it shares no code with it, and prints what
`ddrec script --words TRACE` prints, line for line. Where the two differ, one
of the two readers or the document is wrong. It goes for clearness, not speed.

Usage: second_reader.py TRACE

Exit status: 0 the trace is whole, or cut but right as far as it goes;
1 it cannot be read at all, or a part of it breaks a rule of the format or is
not understood (the rest is printed all the same); 2 wrong usage; 77 neither
libzstd nor zstd is there.
The section numbers in the comments are those of the document.
"""

import os
import shutil
import struct
import subprocess
import sys
import zlib

try:
    import ctypes               # not in Debian's python3-minimal
except ImportError:
    ctypes = None

MASK64 = (1 << 64) - 1
MAGIC = struct.pack("<I", 0x184D2A5D)
ZSTD_MAGIC = struct.pack("<I", 0xFD2FB528)
MAX_PAYLOAD, MAX_STORED = 16 << 20, 17 << 20
MAX_VALUES = MAX_THREADS = 65536
MAX_CHAIN, MAX_WORDS, MAX_SLOTS, MAX_REGISTER = 1024, 8192, 1024, 33
META, EVENTS, SAMPLES, FILE, STATISTICS, INDEX = 1, 2, 3, 4, 5, 6


class Refused(Exception):
    """The file cannot be read at all."""


class Damage(Exception):
    """A block, or what is left of it, cannot be read."""


def need(condition, message):
    if not condition:
        raise Damage(message)


def signed(number):
    """The inverse of zigzag."""
    return (number >> 1) ^ -(number & 1)


def distance(address, base):
    """Signed, as addresses are modulo 2^64."""
    return ((address - base + (1 << 63)) & MASK64) - (1 << 63)


class Bytes:
    """Reads numbers and strings from bytes, front to back."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def more(self):
        return self.at < len(self.data)

    def take(self, size):
        need(size <= len(self.data) - self.at, "it ends too early")
        self.at += size
        return self.data[self.at - size:self.at]

    def byte(self):
        return self.take(1)[0]

    def uleb(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < 128:
                need(value <= MASK64, "a number has more than 64 bits")
                return value
        raise Damage("a number has more than ten bytes")

    def u32(self):
        value = self.uleb()
        need(value < 1 << 32, "a number has more than 32 bits")
        return value

    def zigzag(self):
        return signed(self.uleb())

    def cstring(self):
        end = self.data.find(b"\0", self.at)
        need(end >= 0, "a string has no end")
        return self.take(end + 1 - self.at)[:-1]


class Zeros:
    """An absent column: zeros without end."""

    def uleb(self):
        return 0

    u32 = zigzag = uleb


# Section 1: zstd frames, headers, the footer

def load_zstd():
    """A function that decompresses one frame to a known size."""
    try:
        library = ctypes.CDLL("libzstd.so.1")
    except (AttributeError, OSError):
        return load_zstd_program()
    size = library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_decompress.argtypes = [ctypes.c_void_p, size,
                                        ctypes.c_char_p, size]

    def decompress_frame(stored, wanted):
        room = ctypes.create_string_buffer(max(wanted, 1))
        got = library.ZSTD_decompress(room, wanted, stored, len(stored))
        need(got == wanted, "the frame is damaged")
        return room.raw[:wanted]
    return decompress_frame


def load_zstd_program():
    if not shutil.which("zstd"):
        print("second_reader: neither libzstd nor zstd", file=sys.stderr)
        sys.exit(77)

    def decompress_frame(stored, wanted):
        result = subprocess.run(["zstd", "-dcq"], input=stored,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, check=False)
        need(result.returncode == 0 and len(result.stdout) == wanted,
             "the frame is damaged")
        return result.stdout
    return decompress_frame


def check_frame(stored, size):
    """One frame with content size and checksum (RFC 8878, section 3.1.1)."""
    frame = Bytes(stored)
    need(frame.take(4) == ZSTD_MAGIC, "no zstd frame")
    descriptor = frame.byte()
    single = descriptor >> 5 & 1
    need(descriptor & 3 == 0, "the frame needs a dictionary")
    frame.take(1 - single)      # the window
    width = (single, 2, 4, 8)[descriptor >> 6]
    need(width, "the frame has no content size")
    content = int.from_bytes(frame.take(width), "little")
    need(content + (256 if width == 2 else 0) == size,
         "the frame's content size is not the header's")
    last = 0
    while not last:
        block = int.from_bytes(frame.take(3), "little")
        last = block & 1
        frame.take(1 if block >> 1 & 3 == 1 else block >> 3)
    frame.take(descriptor & 4)  # the checksum, if there is one: four bytes
    need(not frame.more(), "not exactly one frame")


class Block:
    """A block's header, checked."""

    def __init__(self, trace, at):
        need(trace[at:at + 4] == MAGIC and trace[at + 8:at + 12] == b"DDRB",
             "no block header")
        if at == 0 and trace[12:13] > b"\1":
            raise Refused("version %d of the format is unknown" % trace[12])
        size = struct.unpack_from("<I", trace, at + 4)[0]
        need(60 <= size <= 248, "a header of a wrong size")
        header = trace[at:at + 8 + size]
        need(zlib.crc32(header[8:-4]) == struct.unpack("<I", header[-4:])[0],
             "a header with a wrong checksum")
        (self.major, self.minor, self.flags, self.kind, self.number, self.at,
         self.stored, self.size, self.records, _, self.first, self.last
         ) = struct.unpack_from("<BBHIIQIIIIQQ", header, 12)
        need(self.at == at, "a header with a wrong file offset")
        need(self.major == 1, "a header of another version")
        need(0 < self.stored <= MAX_STORED and self.size <= MAX_PAYLOAD
             and self.records <= self.size, "a header beyond the limits")
        self.payload = at + 8 + size
        self.end = self.payload + self.stored

    def row(self):
        return (self.kind, self.number, self.at, self.stored, self.size,
                self.records, self.first, self.last)


def read_footer(trace, at):
    """Offset of the last index block, its distance from the footer, end."""
    need(trace[at:at + 4] == MAGIC and trace[at + 8:at + 12] == b"DDRF",
         "no footer")
    size = struct.unpack_from("<I", trace, at + 4)[0]
    need(24 <= size <= min(248, len(trace) - at - 8),
         "a footer of a wrong size")
    footer = trace[at:at + 8 + size]
    need(zlib.crc32(footer[8:-4]) == struct.unpack("<I", footer[-4:])[0],
         "a footer with a wrong checksum")
    major, index, gap = struct.unpack_from("<BxxxQI", footer, 12)
    need(major == 1, "a footer of another version")
    need(index + gap == at, "a footer with a wrong file offset")
    return index, gap, at + 8 + size


# Section 3: tagged fields

def read_tags(data):
    """The bytes of each field, by tag."""
    fields, source = {}, Bytes(data)
    while source.more():
        tag = source.uleb()
        fields[tag] = source.take(source.uleb())
    return fields


def number(fields, tag):
    return Bytes(fields[tag]).uleb() if fields.get(tag) else 0


def check_numbers(fields, numbers, small):
    """All number fields are right, though not all of them are printed."""
    for tag in numbers:
        need(number(fields, tag) <= MASK64 >> (32 if tag in small else 0),
             "a number has more than 32 bits")


def decoded(name):
    return name.decode("utf-8", "surrogateescape")


def text(fields, tag):
    return decoded(fields.get(tag, b"").split(b"\0")[0])


def build_id_text(build_id):
    return build_id[:20].hex() or "-"


def kernel_symbols(data):
    """Address, size, name, module ("" in the kernel proper) of each."""
    source, address, module = Bytes(data), 0, b""
    while source.more():
        address = (address + source.uleb()) & MASK64
        size, where = source.uleb(), source.byte()
        need(where <= 2, "a kernel symbol of a wrong place")
        if where == 0:
            module = b""
        elif where == 2:
            module = source.cstring()
        yield address, size, source.cstring(), module


# Section 4: events

def read_events(data):
    """Yields (time, pid, tid, kind, rest of the body, strings so far)."""
    source, strings, time = Bytes(data), [], 0
    while source.more():
        kind = source.uleb()
        body = Bytes(source.take(source.uleb()))
        if kind == 0:
            strings.append(body.cstring())
            continue
        time = (time + body.zigzag()) & MASK64
        yield time, body.u32(), body.u32(), kind, body, strings


def string(body, strings):
    which = body.uleb()
    need(which < len(strings), "a string that is not there")
    return decoded(strings[which])


def build_id(body):
    return body.take(body.byte())[:20]


# Sections 5 to 8: samples

class Dictionary:
    """The values of a samples block, and the refs to them (section 6)."""

    def __init__(self, low, page_of, pages):
        need(len(low) % 2 == 0 and len(pages) % 6 == 0, "columns of odd sizes")
        count = len(low) // 2
        need(count <= MAX_VALUES, "too many values")
        numbers = [int.from_bytes(pages[i:i + 6], "little")
                   for i in range(0, len(pages), 6)]
        self.values, self.next, new = [], 0, 0
        for i in range(count):
            page = page_of.uleb()
            if page == 0:
                new += 1
                page = new
            need(page <= len(numbers), "a page that is not there")
            self.values.append(numbers[page - 1] << 16
                               | low[count + i] << 8 | low[i])

    def ref(self, which):
        if which == 0:
            self.next += 1
            which = self.next
        need(which <= len(self.values), "a value that is not there")
        return self.values[which - 1]

    def near(self, number, base):
        if number & 1:
            return (base + (number >> 1) * 8) & MASK64
        return self.ref(number >> 1)


class Snapshot:
    def __init__(self, sp, words):
        self.sp, self.words = sp, words


class Samples:
    """Decodes the samples of one block, one after the other."""

    def __init__(self, data, arch):
        self.columns, source = {}, Bytes(data)
        while source.more():
            column = source.uleb()
            content = source.take(source.uleb())
            need(column % 2 or 2 <= column <= 36, "an unknown column")
            if not content:     # as good as absent
                continue
            need(column % 2 or column not in self.columns,
                 "a column comes twice")
            self.columns[column] = Bytes(content)
        need(10 in self.columns, "there is no time column")
        self.values = Dictionary(self.raw(2), self.column(4), self.raw(6))
        self.threads, source = [], Bytes(self.raw(8))
        while source.more():
            self.threads.append((source.u32(), source.u32()))
            need(len(self.threads) <= MAX_THREADS, "too many threads")
        # DWARF numbers of SP and PC, where the architecture is known
        self.sp_pc = {"x86_64": (7, 16), "aarch64": (31, 32)}.get(arch)
        self.time = self.period = 0
        self.chains = {22: [], 24: []}      # last one that was not empty
        self.thread_sp, self.thread_slot, self.slots = {}, {}, {}

    def raw(self, column):
        return self.columns[column].data if column in self.columns else b""

    def column(self, which):
        return self.columns.get(which) or Zeros()

    def next_sample(self):
        """The next sample as a dictionary. The order of the steps matters."""
        self.time = (self.time + self.column(10).zigzag()) & MASK64
        thread = self.column(12).uleb()
        need(thread < len(self.threads), "a thread that is not there")
        pid, tid = self.threads[thread]
        cpu, flags = self.column(14).u32(), self.column(16).u32()
        self.period = (self.period + self.column(18).zigzag()) & MASK64
        ip = self.values.ref(self.column(20).uleb())
        kernel = self.chain(22, ip)
        user = self.chain(24, ip)
        sp, registers = self.registers(thread, ip)
        return {"time": self.time, "pid": pid, "tid": tid, "cpu": cpu,
                "flags": flags, "period": self.period, "ip": ip,
                "kernel": kernel, "user": user, "registers": registers,
                "stack": self.stack(thread, sp)}

    def chain(self, which, ip):
        """Section 7, chains."""
        column, last = self.column(which), self.chains[which]
        head, shared = column.uleb(), column.uleb()
        new = head >> 1
        need(new + shared <= MAX_CHAIN and shared <= len(last),
             "a chain that is too long")
        need(new or not head & 1, "a chain with an ip, but no addresses")
        chain = [ip] if head & 1 else []
        while len(chain) < new:
            chain.append(self.values.ref(column.uleb()))
        chain += last[len(last) - shared:]
        if chain:
            self.chains[which] = chain
        return chain

    def registers(self, thread, ip):
        """Section 7, registers: SP as a base, and all by DWARF number."""
        mask = self.column(26).uleb()
        others, found, sp = mask >> 3, {}, 0
        need(others < 1 << MAX_REGISTER, "an unknown register")
        if self.sp_pc is None:
            need(mask & 7 == 0, "SP or PC of an unknown architecture")
        else:
            for register in self.sp_pc:
                need(not others >> register & 1, "SP or PC comes twice")
        need(mask & 6 != 4, "a PC that is ip, but not present")
        if mask & 1:
            sp = found[self.sp_pc[0]] = self.stack_pointer(thread)
        if mask & 2:
            found[self.sp_pc[1]] = ip if mask & 4 else self.near_sp(sp)
        for register in range(MAX_REGISTER):
            if others >> register & 1:
                found[register] = self.near_sp(sp)
        return sp, found

    def near_sp(self, sp):
        return self.values.near(self.column(30).uleb(), sp)

    def stack_pointer(self, thread):
        coded = self.column(28).uleb()
        if coded & 1:
            sp = self.values.ref(coded >> 1)
        else:
            sp = self.thread_sp.get(thread, 0) + signed(coded >> 1) * 8
        self.thread_sp[thread] = sp & MASK64
        return sp & MASK64

    def stack(self, thread, sp):
        """Section 8: (flags, slot, words, start and end of the reused)."""
        flags = self.column(32).uleb()
        if not flags:
            return None
        need(flags & 1 and flags < 64 and flags & 48 != 48,
             "impossible stack flags")
        shape = self.column(34)
        slot = self.thread_slot.get(thread, 0) if flags & 8 else shape.uleb()
        need(slot < MAX_SLOTS, "a slot that is not there")
        last = self.slots.get(slot)
        need(last or not flags & 0x34, "a slot without a snapshot")
        count = self.word_count(flags, shape, sp, last)
        need(1 <= count <= MAX_WORDS, "a snapshot of a wrong size")
        words, start, end = [0] * count, 0, 0
        if flags & 4:
            start, end = self.reused(shape, sp, count, last)
            shift = distance(sp, last.sp) // 8
            words[start:end] = last.words[start + shift:end + shift]
        self.kept_words(shape.uleb(), words, start, end, sp)
        self.thread_slot[thread] = slot
        self.slots[slot] = Snapshot(sp, words)
        return flags, slot, words, start, end

    @staticmethod
    def word_count(flags, shape, sp, last):
        if flags & 16:
            return len(last.words)
        if flags & 32:
            size = distance(last.sp, sp) + 8 * len(last.words)
            need(size % 8 == 0, "an end at an odd address")
            return size // 8
        return shape.uleb()

    @staticmethod
    def reused(shape, sp, count, last):
        skip, cut = shape.uleb(), shape.uleb()
        up = distance(last.sp, sp)
        need(up % 8 == 0, "words at odd addresses are reused")
        start = max(0, up // 8) + skip
        end = min(count, up // 8 + len(last.words)) - cut
        need(start < end, "no words are reused")
        return start, end

    def kept_words(self, kept, words, start, end, sp):
        """Fills the kept words in around the reused ones."""
        room = len(words) - (end - start)
        need(kept <= room, "too many words")
        at, column = 0, self.column(36)
        for _ in range(kept):
            at += column.uleb()
            need(at < room, "a word beyond the snapshot")
            i = at if at < start else at + end - start
            words[i] = self.values.near(column.uleb(), (sp + 8 * i) & MASK64)
            at += 1


# What is printed, in the words of `ddrec script --words`

X86_64 = ("rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 "
          "rip").split()
AARCH64 = ["x%d" % i for i in range(31)] + ["sp", "pc"]


def hexadecimal(number):
    return "0x%x" % number if number else "0"


def register_name(arch, register):
    names = {"x86_64": X86_64, "aarch64": AARCH64}.get(arch, [])
    return names[register] if register < len(names) else "r%d" % register


class Printer:
    def __init__(self):
        self.meta, self.start = {}, 0

    def line(self, *parts):
        """One line; what would break it or a terminal is written as \\xNN."""
        line = "".join("\\x%02x" % ord(char)
                       if char < " " or char in "\x7f\\" else char
                       for char in " ".join(str(part) for part in parts))
        sys.stdout.buffer.write((line + "\n").encode("utf-8",
                                                     "surrogateescape"))

    def clock(self, time):
        """Seconds since the start."""
        since = distance(time, self.start)
        sign, since = "-" if since < 0 else "", abs(since)
        return "%s%d.%09d" % (sign, since // 10**9, since % 10**9)

    def print_meta(self, meta):
        self.meta, self.start = meta, number(meta, 15)
        self.line("meta arch", text(meta, 2), "event", text(meta, 8),
                  "frequency", number(meta, 10), "period", number(meta, 11),
                  "stack", "%s,%d" % (text(meta, 12), number(meta, 13)),
                  "kernel", "yes" if number(meta, 14) else "no",
                  "command", text(meta, 17))

    def print_event(self, time, pid, tid, kind, body, strings):
        head = self.clock(time), "%d/%d" % (pid, tid)
        if kind == 1:
            start, length, offset = (body.uleb() for _ in range(3))
            prot, flags, major, minor = (body.u32() for _ in range(4))
            inode = body.uleb()
            ident, path = build_id(body), string(body, strings)
            end = (start + length) & MASK64
            self.line("mmap", *head,
                      hexadecimal(start) + "-" + hexadecimal(end),
                      "off", hexadecimal(offset), "prot", "%x" % prot,
                      "flags", "%x" % flags, "dev", "%x:%x" % (major, minor),
                      "inode", inode, "build-id", build_id_text(ident), path)
        elif kind == 2:
            name, by_exec = string(body, strings), body.byte()
            self.line("comm", *head, "exec" if by_exec else "name", name)
        elif kind == 3:
            self.line("fork", *head, "parent",
                      "%d/%d" % (body.u32(), body.u32()))
        elif kind == 4:
            self.line("exit", *head)
        elif kind == 5:
            count, cpu, sideband = body.uleb(), body.u32(), body.byte()
            self.line("lost", *head, count,
                      "events" if sideband else "samples", "on cpu", cpu)
        elif kind == 6:
            cpu, resumed = body.u32(), body.byte()
            self.line("throttle", *head, "cpu", cpu,
                      "resumed" if resumed else "paused")
        elif kind == 7:
            path, ident = string(body, strings), build_id(body)
            self.line("build-id", *head, build_id_text(ident), path)

    def print_sample(self, sample):
        arch, parts = text(self.meta, 2), []
        if sample["flags"] & 1:
            parts.append("kernel")
        parts += ["ip", "%x" % sample["ip"]]
        for chain in ("kernel", "user"):
            if sample[chain]:
                parts += [chain + "-stack",
                          ",".join("%x" % value for value in sample[chain])]
        if sample["registers"]:
            parts.append("regs")
        for register, value in sorted(sample["registers"].items()):
            parts.append("%s=%x" % (register_name(arch, register), value))
        if sample["stack"]:
            parts += self.stack_parts(*sample["stack"])
        self.line("sample", self.clock(sample["time"]),
                  "%d/%d" % (sample["pid"], sample["tid"]), "cpu",
                  sample["cpu"], "period", sample["period"], *parts)

    @staticmethod
    def stack_parts(flags, slot, words, start, end):
        kept = [(i, word) for i, word in enumerate(words) if word]
        parts = ["stack slot", slot, "words", len(words), "kept", len(kept),
                 "reused", "%d..%d" % (start, end)]
        if flags & 2:
            parts.append("truncated")
        return parts + ["+%x:%x" % (8 * i, word) for i, word in kept]

    def print_file(self, fields):
        data = fields.get(5, b"")
        self.line("file kind", number(fields, 1), "pid", number(fields, 2),
                  "bytes", len(data), "build-id",
                  build_id_text(fields.get(4, b"")), text(fields, 3))
        if number(fields, 1) == 2:
            for address, size, name, module in kernel_symbols(data):
                self.line("kernel-symbol", "%x+%x" % (address, size),
                          decoded(name), decoded(module) or "-")

    def print_statistics(self, fields):
        names = {"samples": 2, "lost": 3, "lost-events": 4, "throttled": 5,
                 "words": 10, "kept": 11, "reused": 12}
        self.line("stats", *("%s %d" % (name, number(fields, tag))
                             for name, tag in names.items()),
                  "exit", signed(number(fields, 16)))


# The walk from header to header (section 2), and the index (section 9)

class Trace:
    def __init__(self, data):
        self.data, self.decompress = data, load_zstd()
        self.printer, self.blocks, self.bad = Printer(), [], False
        self.rows, self.last_index, self.footer = {}, 0, None

    def complain(self, at, message, bad=True):
        self.bad = self.bad or bad
        print("second_reader: at offset %d: %s" % (at, message),
              file=sys.stderr)

    def read(self):
        at, lost = self.walk_from(0)
        while lost:
            at, lost = self.walk_from(at)
        if self.footer is not None and not self.bad:
            self.check_index()

    def walk_from(self, at):
        """Reads blocks. Gives where to go on, and if there is more to do."""
        while True:
            try:
                block = Block(self.data, at)
            except (Damage, struct.error) as error:
                return self.between_blocks(at, error)
            if block.end > len(self.data) and not self.blocks:
                raise Refused("the trace is cut in its first block")
            if block.end > len(self.data):
                self.complain(at, "the trace is cut in this block", bad=False)
                return at, False
            self.count(block)
            self.read_block(block)
            at = block.end

    def between_blocks(self, at, error):
        """No block stands here: the footer, the end, or damage."""
        if not self.blocks:
            raise Refused("not a trace, or without a meta block: %s" % error)
        try:
            index, distance, end = read_footer(self.data, at)
            self.footer = (at, index, distance)
            if end != len(self.data):
                self.complain(end, "something follows the footer")
            return at, False
        except (Damage, struct.error):
            pass
        found = self.search(at + 1)
        self.complain(at, "the trace is cut" if found is None else error,
                      bad=found is not None)
        return found, found is not None

    def search(self, at):
        """The next header or footer that is right, or None."""
        while True:
            at = self.data.find(MAGIC, at)
            if at < 0:
                return None
            for kind in Block, read_footer:
                try:
                    kind(self.data, at)
                    return at
                except (Damage, struct.error):
                    pass
            at += 1

    def count(self, block):
        expected = self.blocks[-1].number + 1 if self.blocks else 0
        if block.number != expected:
            self.complain(block.at, "block %d where %d should stand"
                          % (block.number, expected))
        self.blocks.append(block)

    def read_block(self, block):
        first = len(self.blocks) == 1
        try:
            need(not first or block.kind == META, "another block is first")
            if not (first or EVENTS <= block.kind <= INDEX):
                if block.flags & 1:
                    self.complain(block.at, "a block of an unknown kind")
                return
            stored = self.data[block.payload:block.end]
            check_frame(stored, block.size)
            self.read_payload(block, self.decompress(stored, block.size))
        except Damage as error:
            if first:
                raise Refused("the meta block is damaged: %s" % error)
            self.complain(block.at, error)

    def read_payload(self, block, data):
        if block.kind == META:
            fields = read_tags(data)
            small = 6, 7, 10, 13, 18
            check_numbers(fields, (*small, 9, 11, 14, 15, 16), small)
            self.printer.print_meta(fields)
        elif block.kind == EVENTS:
            events = read_events(data)
            for _ in range(block.records):
                event = next(events, None)
                need(event, "there are fewer events than announced")
                if event[3] > 7:
                    self.complain(block.at, "an event of an unknown kind")
                self.printer.print_event(*event)
        elif block.kind == SAMPLES:
            samples = Samples(data, text(self.printer.meta, 2))
            for _ in range(block.records):
                self.printer.print_sample(samples.next_sample())
        elif block.kind == FILE:
            fields = read_tags(data)
            check_numbers(fields, (1, 2), (1, 2))
            need(number(fields, 1) != 0, "an embedded file of kind 0")
            self.printer.print_file(fields)
        elif block.kind == STATISTICS:
            fields = read_tags(data)
            check_numbers(fields, range(1, 17), (16,))
            self.printer.print_statistics(fields)
        elif block.kind == INDEX:
            self.read_index(block, data)

    def read_index(self, block, data):
        need(len(data) >= 12, "an index without a head")
        before, size = struct.unpack_from("<QI", data)
        need(before == self.last_index and before < block.at,
             "an index block that is not in the chain")
        need(size >= 44 and (len(data) - 12) % size == 0,
             "index rows of a wrong size")
        for at in range(12, len(data), size):
            row = struct.unpack_from("<IIQIIIQQ", data, at)
            need(row[2] not in self.rows, "two index rows for one block")
            self.rows[row[2]] = row
        self.last_index = block.at

    def check_index(self):
        """A whole trace: each block has its row, and the footer is right."""
        at, index, distance = self.footer
        rows = [block.row() for block in self.blocks if block.kind != INDEX]
        if list(self.rows.values()) != rows:
            self.complain(at, "the index does not tell what is in the trace")
        if (index, distance) != (self.last_index, at - self.last_index):
            self.complain(at, "the footer does not tell where the index is")
        if self.blocks[-1].kind != INDEX:
            self.complain(at, "no index stands before the footer")


def main():
    if len(sys.argv) != 2:
        print("Usage: second_reader.py TRACE", file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], "rb") as file:
            trace = Trace(file.read())
        trace.read()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (Refused, OSError) as error:
        sys.stdout.flush()
        print("second_reader: %s: %s" % (sys.argv[1], error), file=sys.stderr)
        return 1
    return 1 if trace.bad else 0


if __name__ == "__main__":
    sys.exit(main())
