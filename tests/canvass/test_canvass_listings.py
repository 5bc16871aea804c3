"""`progress` above hears what organisations below list as missing, void or in conflict, each round once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from canvass_desk import Desk
from ledger_books import BRANCHES, ORGANISATIONS, write_book
from rounds_factory import NOW, ROOTS, make_round, payload_digest
from test_canvass_bundles import BELOW, CHILD, Upward, forged, of_child, upward

from canvass.accounting import unit_accounts
from canvass.bundle_import import BundleFate, import_bundle
from canvass.importing import Fate
from canvass.ledger import import_ledger
from canvass.ledger_rows import HEADING
from canvass.listings import Listing, listings
from canvass.progress import Missing, Stand, missing, stand_by_line, stand_by_organisation
from canvass.rollups import roots
from canvass.tables import read_tables
from rounds.bundles import BundledRound, RoundState

__all__ = ["upward"]  # a fixture

DEADLINE = date(2017, 4, 1)


def heard(desk: Desk) -> tuple[Listing, ...]:
    return listings(desk.registry, year=2016)


def left(desk: Desk, **more: Any) -> dict[str, Missing]:
    found = missing(desk.registry, year=2016, listed=heard(desk), **more)
    named = {one.branch.code or one.branch.name: one for one in found}
    assert len(named) == len(found)
    return named


def whole(desk: Desk) -> Stand:
    """All lines together, held against the names."""
    stands = stand_by_line(desk.registry, year=2016, deadline=DEADLINE, listed=heard(desk))
    names = ("expected", "done", "again", "unsigned", "late")
    found = Stand("", *(sum(getattr(one, name) for one in stands) for name in names))
    assert found.expected == found.done + found.unsigned + len(left(desk))
    accounts = unit_accounts(desk.registry, year=2016, deadline=DEADLINE)
    for name in names:
        assert sum(getattr(one, name) for one in accounts) == getattr(found, name), name
    return found


def below(desk: Desk) -> dict[str, tuple[int, int]]:
    stands = stand_by_organisation(desk.registry, year=2016, listed=heard(desk))
    assert len(roots(desk.registry)) == 1
    return {one.name: (one.expected, one.done) for one in stands}


def give(upward: Upward, *ends: bytes) -> None:
    for data in ends:
        assert upward.child.take(data, roots=BELOW).fate in {Fate.IMPORTED, Fate.CONFLICT}


def told(one: Missing) -> tuple[str, str, int]:
    return one.state, one.reported.organisation if one.reported else "", one.reported.sequence if one.reported else 0


def test_what_a_child_has_authorised_is_missing_above_with_who_says_so(upward: Upward) -> None:
    out = of_child()
    upward.authorise(out)
    first, second = upward.hand_up(), upward.hand_up()
    assert upward.take(second)[0].fate is Fate.REJECTED  # without the first one
    assert told(left(upward.parent)["TM-01"]) == ("尚未批复", "", 0)
    for sequence, path in enumerate((first, second), 1):
        assert upward.take(path)[0].fate is Fate.IMPORTED
        assert told(left(upward.parent)["TM-01"]) == ("已批复，未报送", CHILD.key.name, sequence)
    assert (whole(upward.parent).expected, whole(upward.parent).done) == (3, 0)
    give(upward, out.result(5, 1))
    upward.take(upward.hand_up())
    assert heard(upward.parent) == ()
    assert (whole(upward.parent).expected, whole(upward.parent).done) == (3, 1)
    assert listings(upward.parent.registry, year=2015) == ()


def test_a_branch_that_only_the_child_knows_is_expected_and_named_once(upward: Upward) -> None:
    """Missing, void, authorised again, done: it is one branch all along."""
    first = make_round(by=CHILD, branch_code="TM-77", branch_name="土木2016级新团支部")
    row = ("TM-77", "土木2016级新团支部", "5001", "张晓明", "学生", "2016年9月", 6, "是", "")
    book = write_book(upward.child.folder / "more.xlsx", ORGANISATIONS, [*BRANCHES, row])
    import_ledger(upward.child.registry, read_tables(book, HEADING))
    give(upward, of_child("TM-02", 30).result(29, 1))
    upward.authorise(first)
    upward.take(upward.hand_up())
    one = left(upward.parent)["TM-77"]
    assert (told(one), one.in_ledger) == (("已批复，未报送", CHILD.key.name, 1), False)
    assert (one.branch.path, one.branch.line, one.branch.telephone) == ("/50/5001/", "高校", "023-1")
    assert (whole(upward.parent).expected, whole(upward.parent).done) == (4, 1)
    assert below(upward.parent) == {"土木工程学院团委": (3, 1), "附属中学团委": (1, 0)}
    assert set(left(upward.parent, path="/50/5002/")) == {"FZ-01"}
    ended = first.void()
    give(upward, ended)
    upward.take(upward.hand_up())
    one = left(upward.parent)["TM-77"]
    assert (told(one), one.in_ledger) == (("已作废，需重新测评", "", 0), False)
    assert (whole(upward.parent).expected, whole(upward.parent).again) == (4, 1)
    second = first.next_attempt(payload_digest(ended))
    upward.authorise(second)
    upward.take(upward.hand_up())
    assert told(left(upward.parent)["TM-77"]) == ("已批复，未报送", CHILD.key.name, 3)
    assert (whole(upward.parent).expected, whole(upward.parent).again) == (4, 1)
    give(upward, second.result(5, 1))
    upward.take(upward.hand_up())
    assert "TM-77" not in left(upward.parent)
    assert (whole(upward.parent).expected, whole(upward.parent).done, whole(upward.parent).again) == (4, 2, 0)
    assert below(upward.parent) == {"土木工程学院团委": (3, 2), "附属中学团委": (1, 0)}
    upward.parent.rolled_up()


def test_ends_that_were_listed_and_have_not_come_in_are_told_apart(upward: Upward) -> None:
    """Taken in for another year alone, so that every document is refused and the manifest is all there is."""
    torn = of_child("TM-02", 30)
    give(upward, of_child().void(), torn.result(29, 1), torn.result(28, 2))
    path = upward.hand_up()
    fate = BundleFate(str(path))
    refused = list(import_bundle(upward.parent.registry, path, fate, roots=ROOTS, now=NOW, year=2015))
    assert {one.fate for one in refused} == {Fate.REJECTED}
    states = {code: told(one)[0] for code, one in left(upward.parent).items()}
    assert states == {"TM-01": "已作废，需重新测评", "TM-02": "结果有冲突，待核实", "FZ-01": "尚未批复"}
    assert (whole(upward.parent).expected, whole(upward.parent).again) == (3, 1)
    upward.take(path)  # now they come in: the same states, known here
    assert {code: told(one)[0] for code, one in left(upward.parent).items()} == states
    assert {told(one)[1] for one in left(upward.parent).values()} == {""}
    assert (whole(upward.parent).expected, whole(upward.parent).again) == (3, 1)


def test_a_result_that_was_listed_and_refused_is_not_done(upward: Upward) -> None:
    give(upward, of_child().result(5, 1))
    path = upward.hand_up()
    list(import_bundle(upward.parent.registry, path, BundleFate(""), roots=ROOTS, now=NOW, year=2015))
    assert told(left(upward.parent)["TM-01"]) == ("下级列为已报送，本登记库未收到", CHILD.key.name, 1)
    assert whole(upward.parent).done == 0
    upward.take(path)
    assert whole(upward.parent).done == 1


def test_what_is_done_here_is_not_undone_by_a_list(upward: Upward) -> None:
    give(upward, of_child().result(5, 1))
    upward.authorise(of_child())  # authorised a second time by mistake
    upward.take(upward.hand_up())
    assert [one.round.state for one in heard(upward.parent)] == [RoundState.MISSING]
    assert "TM-01" not in left(upward.parent)
    assert (whole(upward.parent).expected, whole(upward.parent).done) == (3, 1)


@pytest.mark.parametrize(("code", "heard_of"), [("FZ-01", 0), ("TM-02", 1)])
def test_nobody_is_heard_on_a_sister_s_branch(upward: Upward, code: str, heard_of: int) -> None:
    upward.authorise(of_child())
    path = upward.hand_up()
    lie = BundledRound(
        attempt=1,
        branch_code=code,
        branch_name="高二一班团支部",
        end="",
        round_id="2016-00000000000000aa",
        state=RoundState.CONFLICT,
    )
    fate, _ = upward.take(upward.parent.put("lie.bundle", forged(path, CHILD.key, rounds=(lie,))))
    assert fate.sequence == 1
    assert len(heard(upward.parent)) == heard_of
    assert ("结果有冲突" in left(upward.parent)[code].state) == bool(heard_of)


def test_a_branch_without_a_code_is_found_by_its_name(upward: Upward) -> None:
    """Below the sender, as a result without a code is when it comes in."""
    named = make_round(by=CHILD, branch_name="无代码团支部")
    upward.authorise(of_child())
    path = upward.hand_up()
    bare = {"attempt": 1, "branch_code": "", "end": "", "state": RoundState.MISSING}
    rounds = (BundledRound(branch_name="无代码团支部", round_id=named.round_id, **bare),)  # type: ignore[arg-type]  # as above
    upward.take(upward.parent.put("lie.bundle", forged(path, CHILD.key, rounds=rounds)))
    assert told(left(upward.parent)["无代码团支部"])[0] == "已批复，未报送"
    assert (whole(upward.parent).expected, whole(upward.parent).done) == (4, 0)
    assert upward.parent.take(named.result(5, 1)).fate is Fate.IMPORTED
    assert (whole(upward.parent).expected, whole(upward.parent).done) == (4, 1)
