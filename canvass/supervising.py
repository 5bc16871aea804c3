"""Who supervises whom, and which branches are checked afterwards: drawn so that anybody can draw it again.

Both draws order branches by SHA-256(seed, line feed, branch code), hex, ascending: a public seed (say, a lottery number
of a day announced beforehand) leaves nobody a choice, and `sha256sum` is enough to check it. RULES.md sections 4 and 5.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from rounds.errors import BadInput

CROSS_FROM = 21
"""Branches of one organisation from which supervision is crossed (“所属团支部数量超过 20 个的”)."""
_SMALLEST_CYCLE = 3

METHOD = (
    "方法：按战线分层，每层取该层团支部数乘以抽查比例（不足一个的进为一个）；层内按“种子、换行、团支部代码”"
    "三者相连（UTF-8）的 SHA-256 值从小到大取。任何人可用同一种子复算。"
)


@dataclass(frozen=True)
class Supervision:
    """`supervisor` (a branch code) supervises `supervised`; None: the upper organisation sends somebody."""

    supervised: str
    supervisor: str | None


@dataclass(frozen=True)
class Stratum:
    """The draw in one 战线: `size` branches, of which `drawn` by code, in the order of the draw."""

    line: str
    size: int
    drawn: tuple[str, ...]


def drawing_order(codes: Iterable[str], seed: str) -> list[str]:
    """Branch codes in the order of the draw.

    Raises:
        BadInput: an empty seed, or a code twice.
    """
    listed = list(codes)
    if not seed.strip():
        raise BadInput("种子不能为空：请用事先公布的一行文字或数字。")
    if len(set(listed)) != len(listed):
        raise BadInput("团支部代码重复：请先核对台账。")
    return sorted(listed, key=lambda code: (hashlib.sha256(f"{seed}\n{code}".encode()).hexdigest(), code))


def plan_cycle(codes: Iterable[str], seed: str) -> tuple[Supervision, ...]:
    """“多个团支部单循环监督实施”: A → B → … → A; nobody supervises itself, no two each other.

    Raises:
        BadInput: fewer than three branches, an empty seed, a code twice.
    """
    order = drawing_order(codes, seed)
    if len(order) < _SMALLEST_CYCLE:
        raise BadInput("单循环监督至少须有3个团支部：两个团支部不得互相监督，请由上级团组织指派人员。")
    following = [*order[1:], order[0]]
    return tuple(Supervision(there, here) for here, there in zip(order, following, strict=True))


def plan_by_grade(grades: Mapping[str, int], seed: str) -> tuple[Supervision, ...]:
    """“高年级指导监督低年级”: each branch by one of the next higher grade, evenly; the highest by nobody here.

    `grades`: branch code → grade, a larger number being the higher one.

    Raises:
        BadInput: fewer than two grades, or an empty seed.
    """
    by_grade: dict[int, list[str]] = defaultdict(list)
    for code in drawing_order(grades, seed):
        by_grade[grades[code]].append(code)
    levels = sorted(by_grade, reverse=True)
    if len(levels) < 2:  # noqa: PLR2004  one grade has none above it
        raise BadInput("只有一个年级，无从由高年级指导监督低年级：请改用单循环。")
    plan = [Supervision(code, None) for code in by_grade[levels[0]]]
    for higher, lower in itertools.pairwise(levels):
        above = by_grade[higher]
        plan += [Supervision(code, above[at % len(above)]) for at, code in enumerate(by_grade[lower])]
    return tuple(plan)


def draw_sample(branches: Sequence[tuple[str, str]], rate: Fraction, seed: str) -> tuple[Stratum, ...]:
    """The branches to be checked, by 战线; `branches`: (code, line); `METHOD` says how in words.

    Raises:
        BadInput: a rate outside (0, 1], an empty seed, a code twice.
    """
    if not 0 < rate <= 1:
        raise BadInput("抽查比例须大于0、不超过1，例如 0.1 或 1/10。")
    by_line: dict[str, list[str]] = defaultdict(list)
    line_of = dict(branches)
    for code in drawing_order((code for code, _ in branches), seed):
        by_line[line_of[code]].append(code)
    return tuple(
        Stratum(line, len(codes), tuple(codes[: ceil(rate * len(codes))])) for line, codes in sorted(by_line.items())
    )
