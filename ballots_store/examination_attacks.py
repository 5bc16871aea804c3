"""The attacks: each looks in one place for the order of casting, a mark or a choice, and says what it found.

Every one of them recovers the order from some ordinary store (tests/secrecy, controls); SECRECY.md holds the table.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

import msgspec

from ballots_store.examination_evidence import Evidence, Sighting, Source
from ballots_store.examination_pages import MAGIC, Cell, Leaf, Pages, Table
from ballots_store.sealing import NONCE_SIZE
from ballots_store.store import AREAS, SCHEMA

_FEWEST = 3
"""Fewer records have no order worth the name."""
_MOST_MARKS = 4
_CLEAR_CHOICES = r"不?满意(?!度)|空白票?|弃权|赞成|反对|已投|未投|satisfied|unsatisfied|blank|voted"
_CHOICE = re.compile(rf"\A(?:{_CLEAR_CHOICES}|yes|no|y|n)\Z", re.IGNORECASE)
_IN_TEXT = re.compile("|".join(f"(?:{word})" for word in ("不?满意(?!度)", "空白票", "弃权")).encode())
_TIME = re.compile(rb"\d{1,2}:\d{2}(?::\d{2})?|\b1[5-9]\d{8}\b")
_EVENTS = {"opened", "slips_made", "started", "wrong_code", "count_disputed", "stopped", "closed", "void"}
_LONGEST_LINE = 300
_SLOTS, _PAGE, _KEY = b"beikaobei-slots1", 4096, 32
_FIXED_NAMES = re.compile(
    r"\A(?:box\.sqlite(?:\.new)?(?:-journal)?|slots|lock|log\.jsonl|authorisation\.auth|zero-report\.json|end\.json|destroyed\.json"
    r"|opening\.json|\.opening\.lock|registry\.sqlite(?:-wal|-shm|-journal)?|.+\.(?:slots|auth|pub|key|result|void))\Z"
)
_META = re.compile(
    r"\A(?:authorisation|zero_report|issuer|issuer_name|token|end|officer \w+|round key \w+|start key \w+"
    r"|parts signed \w+)\Z"
)


@dataclass(frozen=True)
class Outcome:
    """What one attack found; `level` is a value of `examination.Level`."""

    found: str
    level: str = "nothing"
    order: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Attack:
    """One attack with the words that say what it tries."""

    name: str
    tried: str
    run: Callable[[Evidence], Outcome]


def _ordered(order: Sequence[bytes], where: str) -> Outcome:
    return Outcome(f"{where}：可排出{len(order)}条记录的先后", "recoverable", tuple(order))


# What counts as a record of a voter ------------------------------------------------------------------------------


def _is_fixed(table: Table) -> bool:
    """A table of the box itself, with nothing in it but what the opening and the end of a round write."""
    if table.sql not in SCHEMA:
        return False
    cells = table.cells
    return {
        "meta": all(bool(_META.match(str(cell.values[0]))) for cell in cells),
        "roster": _sorted_names(cells),
    }.get(table.name, len(cells) <= 1)


def _sorted_names(cells: Sequence[Cell]) -> bool:
    """Rows (position, name) in the order of the names: the numbers say what the names say, and nothing more."""
    names = [cell.values[1] for cell in cells if len(cell.values) == 2 and isinstance(cell.values[1], str)]  # noqa: PLR2004  (position, name)
    return len(names) == len(cells) and all(a < b for a, b in pairwise(names))


def _looks_fixed(leaf: Leaf) -> bool:
    """The same of a leaf without its schema: rows of meta, roster, its index, or the one of the counts or an area."""
    if leaf.is_table:
        is_box = len(leaf.cells) == 1 and leaf.cells[0].rowid == 1
        return is_box or _sorted_names(leaf.cells)
    first = [cell.values[0] for cell in leaf.cells]
    if all(isinstance(value, str) and _META.match(value) for value in first):
        return True
    by_offset = [cell.offset for cell in leaf.cells]
    return len(leaf.cells[0].values) == 2 and by_offset == sorted(by_offset, reverse=True)  # noqa: PLR2004  (name, position)


def _alike(cells: Sequence[Cell]) -> bool:
    """Whether these could be ballots or marks: every column of one size, or of a few values.

    Other programs' tables (names, addresses, texts) are not ballots, and in an image there are many of them.
    """
    if len(cells) < _FEWEST or len({len(cell.values) for cell in cells}) != 1:
        return False
    columns = list(zip(*(cell.values for cell in cells), strict=True))
    return all(_of_one_size(column) or len(set(column)) <= _MOST_MARKS for column in columns)


def _of_one_size(column: Iterable[object]) -> bool:
    return len({len(value) if isinstance(value, str | bytes) else -1 for value in column}) == 1


def _identity(cell: Cell) -> tuple[Hashable, bytes]:
    """What makes two sightings the same record; a short payload needs its number too."""
    return (cell.rowid if len(cell.payload) < 24 else None), cell.payload  # noqa: PLR2004  shorter than any sealed ballot


# Attacks on the tables --------------------------------------------------------------------------------------------


def _by_rowid(evidence: Evidence) -> Outcome:
    for name, table in evidence.tables:
        cells = table.cells
        if cells and cells[0].rowid is not None and _alike(cells) and not _is_fixed(table):
            return _ordered([cell.payload for cell in cells], f"{name} 的表 {table.name}")
    for sighting in _unfixed(evidence, {"image", "free"}):
        if sighting.leaf.is_table and _alike(sighting.leaf.cells):
            return _ordered([cell.payload for cell in sighting.leaf.cells], f"{sighting.source} 中的一页")
    return Outcome("没有按记录编号排列的票或标记")


def _by_offset(evidence: Evidence) -> Outcome:
    """SQLite fills a page from its end: the lower a cell lies, the later it was written."""
    for name, table in evidence.tables:
        if not _is_fixed(table) and _alike(table.cells) and (order := _offset_order(table.leaves)):
            return _ordered(order, f"{name} 的表 {table.name}")
    for sighting in _unfixed(evidence, {"image", "free"}):
        if _alike(sighting.leaf.cells) and (order := _offset_order([sighting.leaf])):
            return _ordered(order, f"{sighting.source} 中的一页")
    return Outcome("单元在页内的位置与其内容的次序一致，或只有一行")


def _offset_order(leaves: Sequence[Leaf]) -> list[bytes]:
    """The order of writing where it differs from the keys' order, which says nothing."""
    ranked: list[tuple[float, bytes]] = []
    differs = False
    for leaf in leaves:
        by_offset = sorted(leaf.cells, key=lambda cell: -cell.offset)
        differs |= by_offset not in (list(leaf.cells), list(reversed(leaf.cells)))
        ranked += [(place / len(by_offset), cell.payload) for place, cell in enumerate(by_offset)]
    return [payload for _, payload in sorted(ranked, key=lambda item: item[0])] if differs else []


def _unfixed(evidence: Evidence, kinds: set[str]) -> list[Sighting]:
    return [seen for seen in evidence.sightings if seen.kind in kinds and not _looks_fixed(seen.leaf)]


def _by_copies(evidence: Evidence) -> Outcome:
    """The earlier a record, the more old copies of its page: in free pages, journals and an image's free blocks."""
    counts = Counter[tuple[Hashable, bytes]]()
    for sighting in _unfixed(evidence, {"live", "journal", "free", "image"}):
        if _alike(sighting.leaf.cells) or len(sighting.leaf.cells) < _FEWEST:
            counts.update({_identity(cell) for cell in sighting.leaf.cells})
    for group in _groups(counts):
        if len({counts[record] for record in group}) >= _FEWEST:
            ranked = sorted(group, key=lambda record: -counts[record])
            return _ordered([payload for _, payload in ranked], "按旧副本的多少")
    stale = sum(seen.kind != "live" for seen in evidence.sightings)
    return Outcome(f"另有{stale}页旧内容，其中没有份数不等的票或标记" if stale else "没有旧页")


def _groups(records: Iterable[tuple[Hashable, bytes]]) -> list[list[tuple[Hashable, bytes]]]:
    """Records of one length each: those of one table."""
    groups = defaultdict(list)
    for record in records:
        groups[len(record[1])].append(record)
    return sorted((group for group in groups.values() if len(group) >= _FEWEST), key=len, reverse=True)


def _by_wal(evidence: Evidence) -> Outcome:
    """The frames of a write-ahead log stand in the order of the commits."""
    first: dict[tuple[Hashable, bytes], int] = {}
    for sighting in evidence.sightings:
        if sighting.kind == "wal":
            for cell in sighting.leaf.cells:
                first.setdefault(_identity(cell), sighting.moment)
    for group in _groups(first):
        if len({first[record] for record in group}) >= _FEWEST:
            ranked = sorted(group, key=first.__getitem__)
            return _ordered([payload for _, payload in ranked], "预写日志（WAL）")
    frames = sum(sighting.kind == "wal" for sighting in evidence.sightings)
    return Outcome(f"预写日志中有{frames}页，没有先后可分的记录" if frames else "没有预写日志")


def _by_versions(evidence: Evidence) -> Outcome:
    """Old versions of one row: counters in clear give every vote, sealed ones are counted."""
    versions: dict[tuple[str, int], dict[bytes, Cell]] = defaultdict(dict)
    live = {cell.payload for sighting in evidence.sightings if sighting.kind == "live" for cell in sighting.leaf.cells}
    for sighting in evidence.sightings:
        if sighting.leaf.is_table and len(sighting.leaf.cells) == 1:
            for cell in sighting.leaf.cells:
                versions[_shape(cell), cell.rowid or 0].setdefault(cell.payload, cell)
    old = max((len(found) - max(1, len(found.keys() & live)) for found in versions.values()), default=0)
    for found in versions.values():
        cells = list(found.values())
        if len(cells) >= _FEWEST and _counts_in_clear(cells):
            return _ordered([cell.payload for cell in cells], "同一行明文计数的各个旧版本")
    if old:
        return Outcome(f"找到{old}个旧的密封状态，无钥匙不可读", "remnant" if old > 1 else "nothing")
    return Outcome("没有旧的状态")


def _shape(cell: Cell) -> str:
    """Which row it may be a version of: a sealed one keeps its size."""
    return "/".join(f"bytes{len(value)}" if isinstance(value, bytes) else type(value).__name__ for value in cell.values)


def _counts_in_clear(cells: Sequence[Cell]) -> bool:
    columns = zip(*(cell.values for cell in cells), strict=False)
    return any(len(set(column)) > 1 and all(isinstance(value, int | str) for value in column) for column in columns)


def _in_gaps(evidence: Evidence) -> Outcome:
    gaps = [gap for _, pages in evidence.databases for _, gap in pages.gaps()]
    free = sum(len(pages.unreached()) for _, pages in evidence.databases)
    cells = [cell for _, table in evidence.tables if not _is_fixed(table) for cell in table.cells]
    known = {bytes(value) for cell in cells for value in cell.values if isinstance(value, bytes) and len(value) > 15}  # noqa: PLR2004  long enough to be one record's own
    standing = [value for value in known if any(value in gap for gap in gaps)]
    if len(standing) >= _FEWEST:
        return _ordered(standing, "页内空隙")
    if gaps or free:
        return Outcome(f"空闲页{free}个、含旧字节的页内空隙{len(gaps)}处", "remnant")
    return Outcome("没有空闲页，页内空隙均为零")


# Attacks on the rest ----------------------------------------------------------------------------------------------


def _in_clear(evidence: Evidence) -> Outcome:
    for name, table in evidence.tables:
        if not _is_fixed(table) and (column := _marks(table.cells)):
            return Outcome(f"{name} 的表 {table.name} 有明文的选择或投票标记（{column}）", "recoverable")
    for sighting in _unfixed(evidence, {"image", "free", "wal", "journal"}):
        if column := _marks(sighting.leaf.cells):
            return Outcome(f"{sighting.source} 中的旧页有明文的选择或投票标记（{column}）", "recoverable")
    for source in evidence.sources:
        if lines := _telling_lines(source):
            return Outcome(f"{source.name} 有{len(lines)}行明文的选择", "recoverable", tuple(lines))
    return Outcome("没有明文的选择或投票标记")


def _marks(cells: Sequence[Cell]) -> str:
    """The number of the column that holds few values for many records, as a choice does; empty when none does."""
    if not _alike(cells):
        return ""
    for number, column in enumerate(zip(*(cell.values for cell in cells), strict=True), 1):
        texts = {value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in set(column)}
        named = any(isinstance(value, str) and _CHOICE.match(value) for value in texts)
        few = 1 < len(texts) <= _MOST_MARKS < len(column) and all(isinstance(value, int | str) for value in texts)
        if named or few:
            return f"第{number}列，{len(texts)}种值"
    return ""


def _telling_lines(source: Source) -> list[bytes]:
    """Lines of text that name a choice: in a log or a list of an unknown name, or in an image beside a time."""
    if source.begins(MAGIC) or (not source.is_image and _is_document(source)):
        return []
    lines = []
    for match in _IN_TEXT.finditer(source.data):
        around = source.data[max(0, match.start() - _LONGEST_LINE) : match.end() + _LONGEST_LINE]
        at = min(match.start(), _LONGEST_LINE)
        line = re.split(rb"[\n\0]", around[:at])[-1] + re.split(rb"[\n\0]", around[at:])[0]
        if len(line) < _LONGEST_LINE and (_TIME.search(line) or not source.is_image):
            lines.append(line)
    return list(dict.fromkeys(lines))


def _is_document(source: Source) -> bool:
    """Signed documents and key files name the choices in their texts and totals."""
    name = PurePath(source.name)
    return name.name in {"zero-report.json", "end.json"} or name.suffix in {".auth", ".result", ".void", ".pub", ".key"}


def _in_slots(evidence: Evidence) -> Outcome:
    keys, stray = defaultdict[bytes, set[bytes]](set), False
    for source in evidence.sources:
        at = source.data.find(_SLOTS)
        while at >= 0:
            if at % 512 == 0:
                pages = [source.data[at + _PAGE * place : at + _PAGE * (place + 1)] for place in (1, 2)]
                box_id = source.data[at + len(_SLOTS) : at + len(_SLOTS) + _KEY]
                keys[box_id] |= {page[:_KEY] for page in pages if page[:_KEY].strip(b"\0")}
                stray |= not source.is_image and _beyond_keys(source, pages)
            at = source.data.find(_SLOTS, at + 1)
    most = max((len(found) for found in keys.values()), default=0)
    if stray or most > 2:  # noqa: PLR2004  the two slots
        return Outcome(f"留有{most}把密钥或密钥槽外另有内容：两名持有人可还原旧状态", "recoverable")
    if most == 2 and any(_both_states(pages) for _, pages in evidence.databases):  # noqa: PLR2004  a stop between two writes
        return Outcome(
            "相邻两个状态或都有密钥（刚投一票或上次未正常结束）：稍候或再启动即抹去；"
            "已结束的再执行 close 或 void，仍有则用 destroy",
            "remnant",
        )
    return Outcome("每个票箱一把当前密钥，至多另备下一把，没有旧密钥" if keys else "没有密钥槽文件")


def _both_states(pages: Pages) -> bool:
    """Whether both areas of a box have their nonce, so that a key could open them."""
    begins = [cell.values[1] for table in pages.tables() if table.name in AREAS for cell in table.cells]
    return len(begins) == len(AREAS) and all(isinstance(begin, bytes) and any(begin[:NONCE_SIZE]) for begin in begins)


def _beyond_keys(source: Source, pages: Sequence[bytes]) -> bool:
    """Whether the slots file holds anything but its header and two keys."""
    return len(source.data) > _PAGE * 3 or any(page[_KEY:].strip(b"\0") for page in pages)


def _by_times(evidence: Evidence) -> Outcome:
    for files in _leftovers(evidence).values():
        if len(files) >= _FEWEST and len({file.changed_ns for file in files}) >= _FEWEST:
            order = sorted(files, key=lambda file: (file.changed_ns, file.inode))
            return _ordered([file.name.encode() for file in order], "文件的修改时间")
    return Outcome("文件时间只说明最后一次写入，分不出各票的先后")


def _leftovers(evidence: Evidence) -> dict[str, list[Source]]:
    """Files that no round has, by ending."""
    unknown = defaultdict(list)
    for source in evidence.sources:
        name = PurePath(source.name)
        if not source.is_image and not _FIXED_NAMES.match(name.name):
            unknown[name.suffix].append(source)
    return unknown


def _left_over(evidence: Evidence) -> Outcome:
    files = [source.name for files in _leftovers(evidence).values() for source in files]
    if not files:
        return Outcome("没有不属于票箱的文件")
    return Outcome(f"有{len(files)}个不属于票箱的文件：{'、'.join(files[:_FEWEST])}", "remnant")


def _in_log(evidence: Evidence) -> Outcome:
    telling: list[bytes] = []
    for source in evidence.sources:
        if PurePath(source.name).suffix in {".jsonl", ".log", ".txt"}:
            telling += [line for line in source.data[:].splitlines() if not _is_round_level(line)]
    timed = [line for line in telling if _TIME.search(line)]
    if len(timed) >= _FEWEST:
        return _ordered(timed, "日志中逐次记录的时间")
    return Outcome(f"日志有{len(telling)}行不是测评一级的事件", "remnant") if telling else Outcome("只有测评一级的事件")


def _is_round_level(line: bytes) -> bool:
    try:
        event = msgspec.json.decode(line, type=dict[str, str])
    except (msgspec.MsgspecError, ValueError):
        return not line.strip()
    return set(event) == {"at", "event"} and event["event"] in _EVENTS


def _by_known(evidence: Evidence) -> Outcome:
    """Where and how often each known record stands in all bytes: the last resort of somebody who knows the ballots."""
    found = {known: _places(evidence, known) for known in evidence.known}
    standing = [known for known in evidence.known if found[known]]
    if len(standing) < _FEWEST:
        return Outcome(f"已知的{len(found)}条记录，有{len(standing)}条在文件中出现")
    return _ordered(sorted(standing, key=lambda known: (-len(found[known]), -found[known][0])), "已知记录的位置和份数")


def _places(evidence: Evidence, known: bytes) -> list[int]:
    pattern = re.compile(re.escape(known))
    return [match.start() for source in evidence.sources for match in pattern.finditer(source.data)]


ATTACKS = (
    Attack("记录编号", "按表内记录编号（rowid）的大小排列", _by_rowid),
    Attack("页内位置", "按单元在数据库页内的位置排列", _by_offset),
    Attack("空闲页与空隙", "在空闲页和页内空隙中找删改前的记录", _in_gaps),
    Attack("旧副本份数", "数每条记录在日志、空闲页、镜像中的旧副本", _by_copies),
    Attack("预写日志", "按预写日志（WAL）各帧的次序排列", _by_wal),
    Attack("旧版本", "找同一行的旧版本，逐次比较", _by_versions),
    Attack("明文", "找明文的选择和投票标记", _in_clear),
    Attack("密钥槽", "找未抹去的旧密钥", _in_slots),
    Attack("文件时间", "按文件的修改时间排列", _by_times),
    Attack("日志", "找逐次记录投票的日志行", _in_log),
    Attack("遗留文件", "找不属于票箱的文件", _left_over),
)

BY_KNOWN = Attack("已知记录", "找已知的密封票在原始字节中的位置", _by_known)
"""Only for somebody who knows the sealed ballots: after the close, two officers do."""
