"""Searches all the memory of a process, as root can: what of a secret lies where, and may it be swapped out?"""

from __future__ import annotations

import io
import mmap
import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import canaries

#: Bytes around a finding that are shown.
_AROUND = 48


@dataclass(frozen=True)
class Mapped:
    """A range of a process' memory, as `/proc/PID/smaps` tells of it."""

    start: int
    end: int
    permissions: str
    name: str
    #: Of `VmFlags`: `lo` is locked, `dd` is left out of core files.
    flags: frozenset[str]
    #: Pages of its own or shared ones that were written, in KiB: what can hold anything that is not in the file.
    written: int

    @property
    def is_locked(self) -> bool:
        return "lo" in self.flags

    @property
    def is_kept_out_of_cores(self) -> bool:
        return "dd" in self.flags

    def __str__(self) -> str:
        flags = " ".join(sorted(self.flags))
        return f"{self.start:x}-{self.end:x} {self.permissions} {self.name or 'anonymous'} [{flags}]"


@dataclass(frozen=True)
class Finding:
    """Where a canary was found."""

    canary: str
    where: str
    address: int
    around: bytes
    #: Whether the kernel keeps the page from being swapped out.
    is_locked: bool = False
    #: Whether a thread has its stack there.
    is_stack: bool = False

    def __str__(self) -> str:
        kind = ", a stack" if self.is_stack else ""
        return f"{self.canary} at {self.address:x} in {self.where}{kind}\n      {self.around!r}"


_HEAD = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$")


def mappings(pid: int) -> Iterator[Mapped]:
    """All ranges with something in them that no file has."""
    head: re.Match[str] | None = None
    written = 0
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if found := _HEAD.match(line):
            head, written = found, 0
            continue
        assert head is not None
        name, _, value = line.partition(":")
        if name in ("Anonymous", "Swap", "Shared_Dirty", "Private_Dirty"):
            written += int(value.split()[0])
        if name == "VmFlags" and written:
            start, end = int(head[1], 16), int(head[2], 16)
            yield Mapped(start, end, head[3], head[4], frozenset(value.split()), written)


def stack_pointers(pid: int) -> list[int]:
    """Where the stacks of the threads that wait in the kernel end now (proc(5), `syscall`)."""
    pointers = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        words = (task / "syscall").read_text().split()
        if len(words) >= 3:
            pointers.append(int(words[-2], 16))
    return pointers


@dataclass(frozen=True)
class Canaries:
    """What is looked for: byte sequence → the name of what it belongs to."""

    needles: Mapping[bytes, str]

    @classmethod
    def of(cls, texts: Mapping[str, str], keys: Mapping[str, bytes]) -> Canaries:
        """Texts in all encodings, keys raw and in hexadecimal; of both also their parts.

        Whoever frees memory writes the first bytes of it over, so that a search for the whole would miss the rest.
        """
        needles: dict[bytes, str] = {}
        for name, text in texts.items():
            for needle in _text_needles(text):
                needles.setdefault(needle, name)
        for name, key in keys.items():
            for needle in _key_needles(key):
                needles.setdefault(needle, name)
        return cls(needles)

    @property
    def names(self) -> set[str]:
        return set(self.needles.values())

    def __or__(self, other: Canaries) -> Canaries:
        return Canaries({**self.needles, **other.needles})

    def in_process(self, pid: int) -> list[Finding]:
        """Every place in the memory of a process where a canary lies."""
        findings, searched, pointers = [], 0, stack_pointers(pid)
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for mapped in mappings(pid):
                for start, content in _not_zero(_read(memory, mapped)):
                    searched += len(content)
                    for name, at in self._in(content):
                        around = content[max(0, at - _AROUND) : at + _AROUND]
                        address = mapped.start + start + at
                        is_stack = any(mapped.start <= pointer < mapped.end for pointer in pointers)
                        findings.append(Finding(name, str(mapped), address, around, mapped.is_locked, is_stack))
        assert searched > 1 << 20, f"only {searched} bytes of memory were there to be searched"
        return findings

    def in_core(self, path: Path) -> list[Finding]:
        """The same in a core file: its notes, which have the registers, and the memory that was writable."""
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return [
                Finding(name, path.name, begin + start + at, part[max(0, at - _AROUND) : at + _AROUND])
                for begin, end in _segments(content)
                for start, part in _not_zero(content[begin:end])
                for name, at in self._in(part)
            ]

    def _in(self, content: bytes) -> Iterator[tuple[str, int]]:
        seen: list[int] = []
        for needle, name in self.needles.items():
            at = content.find(needle)
            while at >= 0:
                # Parts of what was found already are not counted once more.
                if not any(abs(at - other) < 4096 for other in seen):
                    seen.append(at)
                    yield name, at
                at = content.find(needle, at + 1)


def _segments(core: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Where in a core file (elf(5), 64 bits) the notes and the writable memory lie."""
    assert core[:5] == b"\x7fELF\x02"
    (table,) = struct.unpack_from("<Q", core, 32)
    size, count = struct.unpack_from("<HH", core, 54)
    if count == 0xFFFF:
        # More than fit the field: the first section header has the number.
        (sections,) = struct.unpack_from("<Q", core, 40)
        (count,) = struct.unpack_from("<I", core, sections + 44)
    writable = 2
    kinds = []
    for number in range(count):
        kind, flags, offset, _, _, length = struct.unpack_from("<IIQQQQ", core, table + number * size)
        is_note, is_memory = kind == 4, kind == 1 and flags & writable
        kinds.append(kind)
        if is_note or is_memory:
            yield offset, offset + length
    assert {1, 4} <= set(kinds), "a core file has notes and memory"


#: How finely memory that holds zeros alone is told from other memory.
_BLOCK = 1 << 14


def _not_zero(content: bytes | mmap.mmap) -> Iterator[tuple[int, bytes]]:
    """The stretches that hold anything, and where they begin."""
    zeros = bytes(_BLOCK)
    view = memoryview(content)
    try:
        begin = None
        for at in range(0, len(view) + _BLOCK, _BLOCK):
            is_empty = at >= len(view) or view[at : at + _BLOCK] == zeros[: min(_BLOCK, len(view) - at)]
            if is_empty and begin is not None:
                yield begin, bytes(view[begin : min(at, len(view))])
                begin = None
            elif not is_empty and begin is None:
                begin = at
    finally:
        view.release()


def _read(memory: io.FileIO, mapped: Mapped) -> bytes:
    """What lies there. Pages that cannot be read, as the kernel's own, hold nothing."""
    parts = []
    at = mapped.start
    while at < mapped.end:
        try:
            memory.seek(at)
            part = memory.read(min(1 << 24, mapped.end - at))
        except (OSError, OverflowError):
            part = b""
        if not part:
            part = bytes(min(4096, mapped.end - at))
        parts.append(part)
        at += len(part)
    return b"".join(parts)


#: Shorter parts would be found by chance, or be words.
_PART = 16


def _text_needles(text: str) -> Iterator[bytes]:
    yield from canaries.encodings(text)
    for form in dict.fromkeys((text, quote(text, safe=""), quote_plus(text))):
        yield form.encode()
        yield from _parts(form.encode())


def _key_needles(key: bytes) -> Iterator[bytes]:
    yield key
    yield from _parts(key)
    yield key.hex().encode()
    yield key.hex().upper().encode()


def _parts(whole: bytes) -> Iterator[bytes]:
    if len(whole) <= _PART:
        return
    step = _PART if len(whole) <= 256 else max(_PART, len(whole) // 16)
    for start in range(0, len(whole) - _PART + 1, step):
        yield whole[start : start + _PART]
    yield whole[-_PART:]


@contextmanager
def core_file(pid: int) -> Iterator[Path]:
    """A core file of a running process, by root with gdb's `gcore`. It takes half a gigabyte while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="core-") as directory:
        command = ["gcore", "-o", f"{directory}/core", str(pid)]
        made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        path = Path(directory) / f"core.{pid}"
        assert made.returncode == 0 and path.is_file(), made.stdout + made.stderr
        yield path
