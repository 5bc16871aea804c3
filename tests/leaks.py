"""Where a secret may linger: a process's memory and environment, files, what a terminal was sent.

Reading another process's memory needs root (the kiosk forbids it to everybody else): `cannot_read_memory` says why not.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

ENCODINGS = ("utf-8", "utf-16-le")
"""As files hold text, and as CPython does: one byte a character for codes, two for Chinese."""
WORDS = re.compile(r"不满意|满意(?!度)|不作选择|空白票|satisfied|blank", re.IGNORECASE)
"""A choice by its name; 满意度测评 is in every title."""


def spelled(text: str) -> tuple[bytes, ...]:
    """`text` as memory may hold it."""
    return tuple(text.encode(encoding) for encoding in ENCODINGS)


def cannot_read_memory() -> str:
    """Why the memory of another process can't be read here; empty where it can."""
    if not Path("/proc/self/mem").exists():
        return "no /proc/PID/mem on this system"
    return "" if os.geteuid() == 0 else "reading the kiosk's memory needs root (it forbids it to its own user)"


def in_memory(pid: int, needles: Mapping[str, Sequence[bytes]]) -> Counter[str]:
    """How often each needle stands in the process's writable memory, in any of its spellings."""
    found = Counter(dict.fromkeys(needles, 0))
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for begin, end in _writable(pid):
            memory.seek(begin)
            try:
                data = memory.read(end - begin)
            except OSError:  # a mapping that is reserved but not there
                continue
            for name, forms in needles.items():
                found[name] += sum(data.count(form) for form in forms)
    return found


def _writable(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights = line.split()[:2]
        if rights.startswith("rw"):
            begin, end = span.split("-")
            yield int(begin, 16), int(end, 16)


def in_files(folders: Iterable[Path], needles: Mapping[str, Sequence[bytes]]) -> set[str]:
    """Which needles stand in any file below `folders`, or in a file's name."""
    found = set()
    for path in _below(folders):
        data = path.read_bytes() + path.name.encode()
        found |= {name for name, forms in needles.items() if any(form in data for form in forms)}
    return found


def choice_words(folders: Iterable[Path]) -> Counter[str]:
    """How often each word of a choice stands in the files below `folders`."""
    found = Counter[str]()
    for path in _below(folders):
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            found.update(f"{word} {encoding}" for word in WORDS.findall(path.read_bytes().decode(encoding, "replace")))
    return found


def _below(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def in_process(pid: int, needles: Mapping[str, Sequence[bytes]]) -> set[str]:
    """Which needles stand in the environment or the command line that the system shows."""
    shown = b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("environ", "cmdline"))
    return {name for name, forms in needles.items() if any(form in shown for form in forms)}


def core_limit(pid: int) -> str:
    """The soft limit of core dumps, as /proc shows it."""
    (line,) = (row for row in Path(f"/proc/{pid}/limits").read_text().splitlines() if row.startswith("Max core"))
    return line.split()[4]


def open_files(pid: int) -> set[str]:
    """Names of the regular files that the process holds open for writing."""
    names = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = link.readlink()
        flags = int(Path(f"/proc/{pid}/fdinfo/{link.name}").read_text().split("flags:")[1].split()[0], 8)
        if target.is_file() and flags & (os.O_WRONLY | os.O_RDWR):
            names.add(target.name)
    return names
