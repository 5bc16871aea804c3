"""What delegations and revocations do to an import: which results of a child organisation's rounds are taken in."""

from __future__ import annotations

from pathlib import Path

import pytest
from canvass_desk import Desk
from ledger_books import write_book
from rounds_factory import NOW, ROOTS, MadeRound, make_round, organisation, payload_digest

from canvass.importing import Fate
from canvass.ledger import import_ledger
from canvass.ledger_rows import HEADING
from canvass.rollups import totals
from canvass.tables import read_tables
from canvass.trusting import import_trust, signed_by, trust_state
from rounds.errors import VerificationFailure
from rounds.trust_issuing import delegate, revoke

VALID = ("2017-01-01T00:00:00+08:00", "2017-12-31T00:00:00+08:00")
EXPIRED = ("2016-01-01T00:00:00+08:00", "2016-12-31T00:00:00+08:00")
ROOT, CHILD = organisation(), organisation("土木工程学院团委")


def hand_over(desk: Desk, scope: str = "/50/5001/", valid: tuple[str, str] = VALID) -> bytes:
    trust = trust_state(desk.registry, ROOTS)
    data = delegate(trust, ROOT.key, CHILD.card, scope=scope, valid=valid, now=NOW)
    assert import_trust(desk.registry, data, roots=ROOTS, now=NOW) is not None
    return data


def take_away(desk: Desk, *honoured: str) -> None:
    trust = trust_state(desk.registry, ROOTS)
    data = revoke(trust, ROOT.key, {CHILD.key.public: honoured}, now=NOW)
    assert import_trust(desk.registry, data, roots=ROOTS, now=NOW) is not None


def of_child(code: str = "TM-01", registered: int = 6) -> MadeRound:
    return make_round(by=CHILD, branch_code=code, registered=registered)


@pytest.fixture
def listed(desk: Desk) -> Desk:
    import_ledger(desk.registry, read_tables(write_book(desk.folder / "ledger.xlsx"), HEADING))
    return desk


def test_a_childs_result_is_taken_in_once_its_key_is_delegated(listed: Desk) -> None:
    result = of_child().result(5, 1)
    refused = listed.take(result)
    assert (refused.fate, refused.reason[:3]) == (Fate.REJECTED, "未验证")
    data = hand_over(listed)
    assert listed.fates(result) == [Fate.IMPORTED]
    assert import_trust(listed.registry, data, roots=ROOTS, now=NOW) is None  # once is enough
    assert sum(sums.branches for sums in totals(listed.registry, path="/50/5001/").values()) == 1
    listed.rolled_up()


def test_a_child_authorises_no_branch_of_its_sister(listed: Desk) -> None:
    hand_over(listed)
    refused = listed.take(of_child("FZ-01", 40).result(40, 0))
    assert refused.fate is Fate.REJECTED
    assert "不是该团支部的上级团组织" in refused.reason


def test_a_scope_that_only_begins_alike_does_not_reach(listed: Desk) -> None:
    """/50/500/ is the beginning of the text /50/5001/ and no organisation above it."""
    hand_over(listed, scope="/50/500/")
    assert listed.take(of_child().result(5, 1)).fate is Fate.REJECTED
    hand_over(listed, scope="/50/5001/")
    assert listed.take(of_child().result(5, 1)).fate is Fate.IMPORTED


def test_an_unknown_branch_of_a_child_stays_below_the_child(listed: Desk) -> None:
    hand_over(listed)
    taken = listed.take(of_child("XX-99").result(5, 1))
    assert (taken.fate, "台账中没有" in taken.reason) == (Fate.IMPORTED, True)
    assert sum(sums.branches for sums in totals(listed.registry, path="/50/5001/").values()) == 1


def test_an_expired_delegation_is_refused_by_name(listed: Desk) -> None:
    hand_over(listed, valid=EXPIRED)
    refused = listed.take(of_child().result(5, 1))
    assert refused.fate is Fate.REJECTED
    assert "有效期" in refused.reason


def test_an_authorisation_first_seen_after_the_revocation_is_refused_whatever_date_it_bears(listed: Desk) -> None:
    """All four are dated before the revocation; one is listed, one was seen, one is a second end of a seen one."""
    hand_over(listed)
    seen, known, backdated = of_child("TM-01"), of_child("TM-02", 30), of_child("TM-02", 30)
    first = seen.result(5, 1)
    assert listed.fates(first) == [Fate.IMPORTED]
    take_away(listed, known.authorisation.digest)
    refused = listed.take(backdated.result(20, 10))
    assert refused.fate is Fate.REJECTED
    assert "吊销" in refused.reason
    assert listed.fates(known.result(20, 10)) == [Fate.IMPORTED]
    revision = seen.result(6, 0, supersedes=payload_digest(first))
    assert "待确认" in listed.take(revision).reason
    assert list(signed_by(listed.registry, CHILD.key.public)).count(seen.authorisation.digest) == 2


def test_without_the_revocation_the_backdated_one_would_have_come_in(listed: Desk) -> None:
    """The control of the test above."""
    hand_over(listed)
    assert listed.fates(of_child("TM-02", 30).result(20, 10)) == [Fate.IMPORTED]


def test_a_delegation_of_nobody_enrolled_is_refused_and_nothing_is_kept(listed: Desk) -> None:
    stranger = organisation("陌生团委")
    trust = trust_state(listed.registry, stranger.roots)
    data = delegate(trust, stranger.key, CHILD.card, scope="/50/", valid=VALID, now=NOW)
    with pytest.raises(VerificationFailure, match="未验证"):
        import_trust(listed.registry, data, roots=ROOTS, now=NOW)
    assert listed.dump()["trust_documents"] == []


def test_what_cannot_be_written_does_not_count(listed: Desk, tmp_path: Path) -> None:
    trust = trust_state(listed.registry, ROOTS)
    data = delegate(trust, ROOT.key, CHILD.card, scope="/50/", valid=VALID, now=NOW)

    def write() -> None:
        (tmp_path / "nowhere" / "file").write_bytes(data)

    with pytest.raises(FileNotFoundError):
        import_trust(listed.registry, data, roots=ROOTS, now=NOW, before_commit=write)
    assert listed.dump()["trust_documents"] == []
