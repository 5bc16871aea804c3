"""The mean of 战线: one more way to average, whose name and formula must stand beside its figure (RULES.md, 5).

The press figure of 2016 was an unweighted mean; whoever compares has to know which one he reads.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction

from canvass.summary import Average, SummaryRow

LINES_FORMULA = "各战线平均满意度（该战线各团支部满意度之和÷该战线团支部个数）之和÷战线个数"


def mean_of_lines(rows: Iterable[SummaryRow]) -> Average:
    """Each 战线 counts once, however many branches it has."""
    satisfied: dict[str, Counter[int]] = defaultdict(Counter)
    branches: Counter[str] = Counter()
    for row in rows:
        satisfied[row.line][row.collected] += row.satisfied
        branches[row.line] += 1
    means = [_mean(found, branches[line]) for line, found in satisfied.items()]
    value = sum(means, Fraction(0)) / len(means) if means else None
    return Average("各战线平均满意度的平均", LINES_FORMULA, value)


def _mean(satisfied: Counter[int], branches: int) -> Fraction:
    """Added up by denominator first, as `summary` does: there are few different ones."""
    return sum((Fraction(above, below) for below, above in satisfied.items()), Fraction(0)) / branches
