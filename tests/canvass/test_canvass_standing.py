"""Standings are a function of a round's ends: hypothesis over every small set of them, in every order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from canvass.schema import Standing
from canvass.standing import Claim, judge

DIGESTS = [bytes([number]) * 32 for number in range(4)]
digests = st.sampled_from(DIGESTS)
few = st.sampled_from(DIGESTS[:2])
claims = st.builds(Claim, digest=digests, authorisation=few, zero_report=few, supersedes=st.none() | digests)
one_box = st.builds(
    Claim,
    digest=digests,
    authorisation=st.just(DIGESTS[0]),
    zero_report=st.just(DIGESTS[0]),
    supersedes=st.none() | digests,
)
rounds = st.lists(claims | one_box, min_size=1, max_size=4, unique_by=lambda claim: claim.digest)


@given(rounds, st.randoms(use_true_random=False))
def test_the_order_of_arrival_has_no_say(ends: list[Claim], random: st.Random) -> None:  # type: ignore[name-defined]  # hypothesis exports Random only at run time
    shuffled = random.sample(ends, len(ends))
    assert judge(ends) == judge(shuffled)


@given(rounds)
def test_at_most_one_end_of_a_round_counts_and_it_revises_nothing(ends: list[Claim]) -> None:
    judged = judge(ends)
    accepted = [end for end in ends if judged[end.digest].standing is Standing.ACCEPTED]
    assert len(accepted) <= 1
    assert all(end.supersedes is None for end in accepted)


@given(rounds)
def test_a_conflict_takes_the_whole_round_and_two_of_anything_is_one(ends: list[Claim]) -> None:
    standings = {judgement.standing for judgement in judge(ends).values()}
    originals = [end for end in ends if end.supersedes is None]
    several = max(
        len(originals), *(len({getattr(end, part) for end in ends}) for part in ("authorisation", "zero_report"))
    )
    if several > 1:
        assert standings == {Standing.CONFLICT}
    if Standing.CONFLICT in standings:
        assert len(standings) == 1
        assert len(ends) > 1


@given(rounds, claims)
def test_a_conflict_stays_one_whatever_else_arrives(ends: list[Claim], more: Claim) -> None:
    before = {judgement.standing for judgement in judge(ends).values()}
    after = {judgement.standing for judgement in judge([*ends, more]).values()}
    if before == {Standing.CONFLICT}:
        assert after == {Standing.CONFLICT}


@given(rounds)
def test_every_standing_but_accepted_says_why(ends: list[Claim]) -> None:
    for judgement in judge(ends).values():
        assert bool(judgement.reason) == (judgement.standing is not Standing.ACCEPTED)


def test_a_lone_result_is_accepted() -> None:
    """The control: without it a judge that calls everything a conflict would pass the rest."""
    lone = Claim(DIGESTS[0], DIGESTS[1], DIGESTS[2], None)
    revision = Claim(DIGESTS[1], DIGESTS[1], DIGESTS[2], DIGESTS[0])
    assert judge([lone])[lone.digest].standing is Standing.ACCEPTED
    both = judge([revision, lone])
    assert both[lone.digest].standing is Standing.ACCEPTED
    assert both[revision.digest].standing is Standing.WAITING
    assert judge([revision])[revision.digest].standing is Standing.WAITING
