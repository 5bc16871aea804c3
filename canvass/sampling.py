"""督查抽样: the branches with a counted result, drawn by 战线 from a public seed (`supervising.draw_sample`)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from canvass.counted import CountedRound, counted_rounds
from canvass.paper_rounds import paper_rounds
from canvass.registry import Registry
from canvass.supervising import Stratum, draw_sample
from rounds.errors import RuleRefusal


@dataclass(frozen=True)
class Sampled:
    """One branch that was drawn, with its last counted round; `key` is what was drawn by."""

    key: str
    round: CountedRound


@dataclass(frozen=True)
class Sample:
    """The draw by 战线, and the branches in the same order."""

    strata: tuple[Stratum, ...]
    branches: tuple[Sampled, ...]


def sample_branches(registry: Registry, rate: Fraction, seed: str, *, year: int | None = None) -> Sample:
    """Draw `rate` of the branches that have an accepted valid result (of `year`, or of any), on paper or signed.

    A branch without a code is drawn by “organisation, space, name” in its place. Of several rounds that of the latest
    year is meant, and a signed one before an entry from paper.

    Raises:
        RuleRefusal: no branch has one.
        BadInput: a rate outside (0, 1], an empty seed.
        Unreadable: the registry failed.
    """
    rounds = [*counted_rounds(registry, year=year), *paper_rounds(registry, year=year)]
    rounds.sort(key=lambda one: (one.year, one.signed))
    found = {one.code or f"{one.issuer} {one.branch}": one for one in rounds}
    if not found:
        raise RuleRefusal("登记库中没有可抽查的测评结果：请先用 import 导入，并核对 --year。")
    strata = draw_sample([(key, one.line) for key, one in found.items()], rate, seed)
    return Sample(strata, tuple(Sampled(key, found[key]) for stratum in strata for key in stratum.drawn))
