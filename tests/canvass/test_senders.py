"""A bundle that is signed with the wrong one of several keys: said before it leaves, and refused above."""

from __future__ import annotations

import pytest
from rounds_factory import NOW, MadeRound, make_round, organisation
from test_canvass_bundles import BELOW, CHILD, GRANDCHILD, PARENT, Upward, entrust, of_child, upward

from canvass.handing_up import plan_next, remember
from canvass.senders import Doubts, doubts_about
from rounds.issuing import OrganisationKey

__all__ = ["upward"]  # a fixture

OTHER = organisation("别的团委")
ENROLLED = BELOW | OTHER.roots


def doubts(upward: Upward, key: OrganisationKey) -> Doubts:
    made = plan_next(upward.child.registry, key, roots=ENROLLED, now=NOW)
    return doubts_about(upward.child.registry, made, roots=ENROLLED)


def take(upward: Upward, *rounds: MadeRound) -> None:
    for made in rounds:
        data = made.result(made.plan.registered - 1, 1)
        assert upward.child.take(data, roots=BELOW | GRANDCHILD.roots).fate == "imported"


def test_the_right_key_raises_no_doubt_and_another_one_does(upward: Upward) -> None:
    take(upward, of_child(), of_child("TM-02", 30))
    upward.authorise(of_child())
    assert doubts(upward, CHILD.key) == Doubts((), 0)
    assert doubts(upward, OTHER.key) == Doubts((), 3)


def test_who_stands_above_may_hand_up_and_who_stands_below_not_what_is_not_its_own(upward: Upward) -> None:
    take(upward, of_child(), make_round(by=PARENT, branch_code="FZ-01", registered=40))
    assert doubts(upward, PARENT.key) == Doubts((), 0)
    assert doubts(upward, CHILD.key) == Doubts((), 1)
    take(upward, make_round(by=PARENT, branch_code="TM-02", registered=30))  # in the child's scope, signed above it
    assert doubts(upward, CHILD.key) == Doubts((), 1)


def test_what_was_authorised_below_is_the_senders_wherever_it_lies(upward: Upward) -> None:
    """A grandchild's branches that no ledger has."""
    entrust(upward.child, BELOW, CHILD.key, GRANDCHILD.card, "/50/5001/7/")
    take(upward, make_round(by=GRANDCHILD, branch_name="新团支部", registered=6))
    assert doubts(upward, CHILD.key) == Doubts((), 0)
    assert doubts(upward, OTHER.key) == Doubts((), 1)


def test_a_key_that_nobody_knows_is_foreign_to_everything(upward: Upward) -> None:
    take(upward, of_child())
    assert doubts(upward, organisation("无人登记的团委").key).foreign == 1


def test_who_handed_up_before_is_named(upward: Upward) -> None:
    take(upward, of_child())
    upward.hand_up()
    assert doubts(upward, CHILD.key) == Doubts((), 0)
    assert doubts(upward, OTHER.key) == Doubts((CHILD.key.name,), 1)
    wrong = plan_next(upward.child.registry, OTHER.key, roots=ENROLLED, now=NOW)
    remember(upward.child.registry, wrong, now=NOW)
    assert doubts(upward, CHILD.key) == Doubts((OTHER.key.name,), 0)


@pytest.mark.parametrize("wrong", [False, True])
def test_what_raises_a_doubt_is_refused_above(upward: Upward, wrong: bool) -> None:
    """The parent has entrusted the other one too, elsewhere: its bundle is read, and what is not its own refused."""
    entrust(upward.parent, PARENT.roots, PARENT.key, OTHER.card, "/50/5002/")
    take(upward, of_child())
    made = plan_next(upward.child.registry, OTHER.key if wrong else CHILD.key, roots=ENROLLED, now=NOW)
    path = upward.parent.put("1.bundle", upward.data(made))
    _, files = upward.take(path)
    assert [one.fate for one in files] == ["rejected" if wrong else "imported"]
    assert doubts_about(upward.child.registry, made, roots=ENROLLED).foreign == int(wrong)
