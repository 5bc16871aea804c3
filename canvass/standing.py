"""Which ends of one round count: a function of the round's ends alone, so that the order of arrival has no say.

| the round's ends | standing |
|---|---|
| one, revising nothing | accepted |
| that one, and revisions that name its digest | accepted; the revisions wait for a person |
| that one, and a revision that a person has confirmed | the revision is accepted, the first one replaced |
| revisions whose original has not arrived | they wait |
| two that revise nothing; a revision of something else; two zero reports; two authorisations | all in conflict |

A round in conflict is neither confirmed nor summed; all its ends stay visible (DESIGN.md, Signed documents).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec

from canvass.codes import Standing


class Claim(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What decides an end's standing: four digests. `supersedes` is None for everything but a revision."""

    digest: bytes
    authorisation: bytes
    zero_report: bytes
    supersedes: bytes | None


@dataclass(frozen=True)
class Judgement:
    """An end's standing with the line that explains it; no line where it is accepted."""

    standing: Standing
    reason: str


_KEPT = "各份均予保留，均不确认、不汇总，请联系该团支部和指导监督人员核实。"
_ACCEPTED = Judgement(Standing.ACCEPTED, "")
_TWO_AUTHORISATIONS = Judgement(Standing.CONFLICT, f"同一测评编号有两份不同的批复：{_KEPT}")
_TWO_BOXES = Judgement(Standing.CONFLICT, f"同一次测评有两份不同的封箱报告（两个票箱）：{_KEPT}")
_TWO_PAYLOADS = Judgement(Standing.CONFLICT, f"同一次测评有内容不同的结果或作废报告：{_KEPT}")
_REVISION = Judgement(Standing.WAITING, "更正件待确认：须由上级团组织人工确认，确认前仍以原结果为准。")
_REPLACED = Judgement(Standing.REPLACED, "已由人工确认的更正件代替，保留备查，不再汇总。")
_ORPHAN = Judgement(Standing.WAITING, "更正件待确认：被更正的原结果尚未导入，暂不汇总。")


def judge(claims: Iterable[Claim], confirmed: Collection[bytes] = ()) -> dict[bytes, Judgement]:
    """The standing of each end of one round, by digest; `confirmed`: the revisions that a person has confirmed."""
    ends = list(claims)
    if len(ends) == 1 and ends[0].supersedes is None:  # nearly every round; the same answer as below
        return {ends[0].digest: _ACCEPTED}
    conflict = _conflict(ends, confirmed)
    if conflict:
        return {end.digest: conflict for end in ends}
    replaced = {end.supersedes for end in ends if end.digest in confirmed}
    settled = [end for end in ends if end.supersedes is None or end.digest in confirmed]
    standing = {end.digest: _REPLACED if end.digest in replaced else _ACCEPTED for end in settled}
    revision = _REVISION if settled else _ORPHAN
    return {end.digest: standing.get(end.digest, revision) for end in ends}


def _conflict(ends: list[Claim], confirmed: Collection[bytes]) -> Judgement | None:
    """The gravest contradiction among the ends of one round, if any."""
    originals = {end.digest for end in ends if end.supersedes is None}
    settled = originals.union(confirmed)
    revised = {end.supersedes for end in ends if end.supersedes is not None}
    if len({end.authorisation for end in ends}) > 1:
        return _TWO_AUTHORISATIONS
    if len({end.zero_report for end in ends}) > 1:
        return _TWO_BOXES
    if len(originals) > 1 or (originals and not revised <= settled):
        return _TWO_PAYLOADS
    return None
