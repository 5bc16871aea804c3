"""Bundles from a child organisation's registry into its parent's: chained, complete, each document on its merits."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from canvass_desk import Desk, new_desk
from ledger_books import write_book
from rounds_factory import NOW, ROOTS, MadeRound, make_round, organisation, payload_digest

from canvass import bundle_import
from canvass.bundle_import import BundleFate, import_bundle, in_order
from canvass.bundles import Content, read_first, write_bundle
from canvass.confirming import confirm_revision
from canvass.grants import record_grants
from canvass.handing_up import Handover, documents, last_handover, plan_next, remember
from canvass.importing import Fate, FileFate
from canvass.ledger import branch, import_ledger
from canvass.ledger_rows import HEADING
from canvass.tables import read_tables
from canvass.trusting import import_trust, trust_state
from rounds.bundles import MANIFEST, BundleManifest, RoundState
from rounds.envelope import sign
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.issuing import OrganisationKey
from rounds.trust_issuing import delegate, revoke

PARENT, CHILD, GRANDCHILD = organisation(), organisation("土木工程学院团委"), organisation("土木2015级团总支")
BELOW = PARENT.roots | CHILD.roots
VALID = ("2017-01-01T00:00:00+08:00", "2017-12-31T00:00:00+08:00")


@dataclass
class Upward:
    """A child's desk below its parent's, and the bundles that go from the one to the other."""

    child: Desk
    parent: Desk
    made: list[Path] = field(default_factory=list)

    def authorise(self, made: MadeRound) -> None:
        """Note in the child's registry that this round was authorised."""
        number = branch(self.child.registry, made.plan.branch_code).id
        record_grants(self.child.registry, [(number, made.authorisation)])

    def plan(self, year: int | None = None) -> Handover:
        return plan_next(self.child.registry, CHILD.key, roots=BELOW, now=NOW, year=year)

    def data(self, made: Handover) -> bytes:
        file = io.BytesIO()
        write_bundle(file, made.manifest.data, documents(self.child.registry, made))
        return file.getvalue()

    def hand_up(self) -> Path:
        """The child's next bundle, on the parent's desk."""
        made = self.plan()
        data = self.data(made)
        remember(self.child.registry, made, now=NOW)
        self.made.append(self.parent.put(f"{9 - made.manifest.record.sequence}.bundle", data))
        return self.made[-1]

    def take(self, path: Path) -> tuple[BundleFate, list[FileFate]]:
        fate = BundleFate(str(path))
        return fate, list(import_bundle(self.parent.registry, path, fate, roots=ROOTS, now=NOW))


def listed(desk: Desk) -> Desk:
    import_ledger(desk.registry, read_tables(write_book(desk.folder / "ledger.xlsx"), HEADING))
    return desk


def entrust(desk: Desk, roots: dict[bytes, str], key: OrganisationKey, card: bytes, scope: str) -> bytes:
    data = delegate(trust_state(desk.registry, roots), key, card, scope=scope, valid=VALID, now=NOW)
    assert import_trust(desk.registry, data, roots=roots, now=NOW) is not None
    return data


@pytest.fixture
def upward(desk: Desk, tmp_path: Path) -> Iterator[Upward]:
    with new_desk(tmp_path / "child") as child:
        delegation = entrust(listed(desk), ROOTS, PARENT.key, CHILD.card, "/50/5001/")
        import_trust(listed(child).registry, delegation, roots=BELOW, now=NOW)
        yield Upward(child, desk)


def of_child(code: str = "TM-01", registered: int = 6) -> MadeRound:
    return make_round(by=CHILD, branch_code=code, registered=registered)


def test_every_round_goes_up_with_its_state_and_the_ends_as_they_came(upward: Upward) -> None:
    done, void, out, twice = (of_child(code) for code in ("TM-01", "TM-01", "TM-02", "TM-02"))
    ends = [done.result(5, 1), void.void(), twice.result(5, 1), twice.result(4, 2)]
    upward.child.take_in(*(upward.child.put(f"{n}.result", data) for n, data in enumerate(ends)), roots=BELOW)
    for one in (done, out):
        upward.authorise(one)
    fate, files = upward.take(upward.hand_up())
    assert fate.fate is Fate.IMPORTED, fate.reason
    assert (fate.organisation, fate.sequence, fate.contradictions) == (CHILD.key.name, 1, [])
    assert {one.round_id: one.state for one in fate.rounds} == {
        done.round_id: RoundState.ACCEPTED,
        void.round_id: RoundState.VOID,
        out.round_id: RoundState.MISSING,
        twice.round_id: RoundState.CONFLICT,
    }
    assert [one.fate for one in files] == [Fate.IMPORTED] * 2 + [Fate.CONFLICT] * 2
    assert upward.parent.files() == sorted(ends)
    upward.parent.rolled_up()


def test_the_same_bundle_again_is_a_duplicate_and_changes_no_row(upward: Upward) -> None:
    upward.child.take_in(upward.child.put("a.result", of_child().result(5, 1)), roots=BELOW)
    path = upward.hand_up()
    upward.take(path)
    before = upward.parent.dump()
    fate, files = upward.take(path)
    assert (fate.fate, [one.fate for one in files]) == (Fate.DUPLICATE, [Fate.DUPLICATE])
    assert upward.parent.dump() == before


def test_the_next_bundle_carries_only_what_is_new_and_a_folder_needs_no_order(upward: Upward) -> None:
    first, second = of_child().result(5, 1), of_child("TM-02", 30).result(29, 1)
    upward.child.take_in(upward.child.put("a.result", first), roots=BELOW)
    upward.hand_up()
    upward.child.take_in(upward.child.put("b.result", second), roots=BELOW)
    upward.hand_up()
    upward.hand_up()  # nothing new: the chain goes on all the same
    assert [gzip.decompress(path.read_bytes()).count(b"\n") - 1 for path in upward.made] == [2, 1, 0]
    named = sorted(upward.made)
    assert named == upward.made[::-1]
    assert in_order(named, upward.parent.registry, ROOTS) == upward.made
    assert [upward.take(path)[0].fate for path in in_order(named, upward.parent.registry, ROOTS)] == [Fate.IMPORTED] * 3
    assert upward.parent.files() == sorted([first, second])


def test_a_gap_and_a_fork_are_refused_and_nothing_of_them_is_taken_in(upward: Upward) -> None:
    upward.child.take_in(upward.child.put("a.result", of_child().result(5, 1)), roots=BELOW)
    first = upward.hand_up()
    fork = upward.parent.put("fork.bundle", upward.data(upward.plan()))
    upward.child.take_in(upward.child.put("b.result", of_child("TM-02", 30).result(29, 1)), roots=BELOW)
    second, other = upward.hand_up(), upward.data(upward.plan(year=2016))
    third = upward.parent.put("third.bundle", other)
    for path, why in ((second, "缺少第1次"), (third, "缺少第1次")):
        fate, files = upward.take(path)
        assert (fate.fate, files) == (Fate.REJECTED, [])
        assert why in fate.reason
    assert upward.parent.files() == []
    assert upward.take(first)[0].fate is Fate.IMPORTED
    assert upward.take(second)[0].fate is Fate.IMPORTED
    assert "不相衔接" in upward.take(fork)[0].reason
    assert upward.take(third)[0].fate is Fate.IMPORTED  # the control


def test_no_round_disappears_though_the_year_is_named(upward: Upward) -> None:
    old = make_round(by=CHILD, branch_code="TM-01", year=2015)
    upward.child.take_in(upward.child.put("a.result", old.result(5, 1)), roots=BELOW)
    with pytest.raises(RuleRefusal, match="没有可报送的测评"):  # a delegation alone makes no first bundle
        upward.plan(year=2016)
    upward.hand_up()
    upward.child.take_in(upward.child.put("b.result", of_child().result(5, 1)), roots=BELOW)
    assert len(upward.plan(year=2016).manifest.record.rounds) == 2


def forged(path: Path, key: OrganisationKey, **fields: object) -> bytes:
    """The bundle with other fields in a well-signed manifest."""
    first, *rest = gzip.decompress(path.read_bytes()).splitlines()
    record = msgspec.json.decode(msgspec.json.decode(first, type=_Signed).payload, type=BundleManifest)
    record = msgspec.structs.replace(record, **fields)
    content = Content()
    for document in rest:
        content.add(document)
    record = msgspec.structs.replace(record, content=content.digest, documents=content.count)
    file = io.BytesIO()
    write_bundle(file, sign(record, MANIFEST.official, [key.signing]), rest)
    return file.getvalue()


class _Signed(msgspec.Struct):
    payload: bytes


def test_a_sender_whom_nobody_entrusted_or_no_longer_is_refused(upward: Upward) -> None:
    upward.child.take_in(upward.child.put("a.result", of_child().result(5, 1)), roots=BELOW)
    path = upward.hand_up()
    stranger = upward.parent.put("stranger.bundle", forged(path, organisation("别的团委").key, organisation="别的团委"))
    fate, files = upward.take(stranger)
    assert (fate.fate, files) == (Fate.REJECTED, [])
    assert "未验证" in fate.reason
    past = upward.parent.put("past.bundle", forged(path, CHILD.key, issued="2018-06-01T00:00:00+08:00"))
    assert "有效期" in upward.take(past)[0].reason
    data = revoke(trust_state(upward.parent.registry, ROOTS), PARENT.key, {CHILD.key.public: ()}, now=NOW)
    with new_desk(upward.parent.folder / "late") as late:
        entrust(listed(late), ROOTS, PARENT.key, CHILD.card, "/50/5001/")
        import_trust(late.registry, data, roots=ROOTS, now=NOW)
        assert "吊销" in Upward(upward.child, late).take(path)[0].reason
    assert upward.take(path)[0].fate is Fate.IMPORTED  # the control


def test_a_child_hands_up_nothing_of_its_sister(upward: Upward) -> None:
    """Well signed by the parent itself, and still not the child's to hand up."""
    of_sister = make_round(by=PARENT, branch_code="FZ-01", registered=40)
    own = of_child()
    ends = [of_sister.result(40, 0), own.result(5, 1)]
    upward.child.take_in(*(upward.child.put(f"{n}.result", data) for n, data in enumerate(ends)), roots=BELOW)
    fate, files = upward.take(upward.hand_up())
    assert [one.fate for one in files] == [Fate.REJECTED, Fate.IMPORTED]
    assert "授权范围" in files[0].reason
    assert fate.fate is Fate.CONFLICT
    assert len(fate.contradictions) == 1
    assert upward.parent.take(ends[0]).fate is Fate.IMPORTED  # the control: from the branch itself it is good


def test_a_lie_about_a_state_is_named(upward: Upward) -> None:
    made = of_child()
    result = made.result(5, 1)
    upward.child.take_in(upward.child.put("a.result", result), roots=BELOW)
    path = upward.hand_up()
    honest = msgspec.json.decode(
        msgspec.json.decode(gzip.decompress(path.read_bytes()).splitlines()[0], type=_Signed).payload,
        type=BundleManifest,
    ).rounds
    lie = tuple(msgspec.structs.replace(one, state=RoundState.MISSING, end="") for one in honest)
    fate, files = upward.take(upward.parent.put("lie.bundle", forged(path, CHILD.key, rounds=lie)))
    assert fate.fate is Fate.CONFLICT
    assert [one.fate for one in files] == [Fate.IMPORTED]
    assert "清单为未报送，本登记库为已报送" in fate.contradictions[0]
    with new_desk(upward.parent.folder / "other") as other:
        entrust(listed(other), ROOTS, PARENT.key, CHILD.card, "/50/5001/")
        assert Upward(upward.child, other).take(path)[0].contradictions == []  # the control


def test_a_confirmed_revision_goes_up_and_waits_there_for_a_person(upward: Upward) -> None:
    made = of_child()
    first = made.result(5, 1)
    revision = made.result(4, 2, supersedes=payload_digest(first))
    upward.child.take_in(upward.child.put("a.result", first), upward.child.put("b.result", revision), roots=BELOW)
    fate, files = upward.take(upward.hand_up())
    assert [one.fate for one in files] == [Fate.IMPORTED, Fate.CONFLICT]
    assert fate.contradictions == []
    confirm_revision(upward.child.registry, payload_digest(revision), now=NOW)
    fate, files = upward.take(upward.hand_up())
    assert [one.fate for one in files] == [Fate.DUPLICATE]
    assert len(fate.contradictions) == 1
    confirm_revision(upward.parent.registry, payload_digest(revision), now=NOW)
    assert upward.take(upward.made[-1])[0].contradictions == []


def test_a_grandchild_s_delegation_and_rounds_come_with_its_parent_s_bundle(upward: Upward) -> None:
    entrust(upward.child, BELOW, CHILD.key, GRANDCHILD.card, "/50/5001/")
    made = make_round(by=GRANDCHILD, branch_code="TM-01")
    result = made.result(5, 1)
    upward.child.take_in(upward.child.put("a.result", result), roots=BELOW)
    assert upward.parent.take(result).fate is Fate.REJECTED  # the control: nobody up there knows that key
    fate, files = upward.take(upward.hand_up())
    assert (fate.trust, [one.fate for one in files]) == (1, [Fate.IMPORTED])
    assert gzip.decompress(upward.hand_up().read_bytes()).count(b"\n") == 1  # once is enough


def test_what_a_grandchild_lists_as_missing_is_listed_further_up(upward: Upward, tmp_path: Path) -> None:
    with new_desk(tmp_path / "grandchild") as lowest:
        delegation = entrust(upward.child, BELOW, CHILD.key, GRANDCHILD.card, "/50/5001/")
        listed(lowest)
        below = Upward(lowest, upward.child)
        out = make_round(by=GRANDCHILD, branch_code="TM-02", registered=30)
        below.authorise(out)
        roots = BELOW | GRANDCHILD.roots
        import_trust(lowest.registry, upward_delegation(upward), roots=roots, now=NOW)
        import_trust(lowest.registry, delegation, roots=roots, now=NOW)
        made = plan_next(lowest.registry, GRANDCHILD.key, roots=roots, now=NOW)
        path = upward.child.put("g.bundle", below.data(made))
        fate = BundleFate(str(path))
        assert list(import_bundle(upward.child.registry, path, fate, roots=BELOW, now=NOW)) == []
        assert fate.fate is Fate.IMPORTED, fate.reason
    fate, _ = upward.take(upward.hand_up())
    assert [(one.round_id, one.state) for one in fate.rounds] == [(out.round_id, RoundState.MISSING)]


def upward_delegation(upward: Upward) -> bytes:
    """The delegation that the parent gave to the child."""
    with upward.parent.registry.reading() as connection:
        return bytes(connection.exec_driver_sql("SELECT envelope FROM trust_documents ORDER BY id").scalar_one())


def test_the_last_bundle_can_be_written_again_byte_for_byte(upward: Upward) -> None:
    with pytest.raises(RuleRefusal, match="还没有报送过"):
        last_handover(upward.child.registry, CHILD.key, roots=BELOW)
    for n in range(2):
        upward.child.take_in(upward.child.put(f"{n}.result", of_child().result(5, 1)), roots=BELOW)
        path = upward.hand_up()
    upward.child.take_in(upward.child.put("late.result", of_child().result(4, 2)), roots=BELOW)
    again = last_handover(upward.child.registry, CHILD.key, roots=BELOW)
    assert upward.data(again) == path.read_bytes()
    assert upward.data(upward.plan()) != path.read_bytes()  # the control


def test_of_two_bundles_made_at_once_one_is_remembered(upward: Upward) -> None:
    upward.authorise(of_child())
    first, second = upward.plan(), upward.plan()
    remember(upward.child.registry, first, now=NOW)
    with pytest.raises(RuleRefusal, match="另一个程序"):
        remember(upward.child.registry, second, now=NOW)
    assert len(upward.child.dump()["bundles_sent"]) == 1


def test_a_stopped_import_goes_on_and_makes_the_same_rows(upward: Upward, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        upward.child.take_in(upward.child.put(f"{n}.result", of_child().result(5, 1)), roots=BELOW)
    path = upward.hand_up()

    def cut_off(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bundle_import, "_record", cut_off)
        with pytest.raises(KeyboardInterrupt):
            upward.take(path)
    assert len(upward.parent.files()) == 3
    assert upward.parent.dump()["bundles_received"] == []
    fate, files = upward.take(path)
    assert (fate.fate, {one.fate for one in files}) == (Fate.IMPORTED, {Fate.DUPLICATE})
    assert len(upward.parent.dump()["bundles_received"]) == 1
    upward.parent.rolled_up()


def test_of_two_importers_with_a_fork_one_is_refused_at_the_last_step(upward: Upward) -> None:
    upward.authorise(of_child())
    path, other = upward.hand_up(), upward.parent.put("other.bundle", b"")
    other.write_bytes(forged(path, CHILD.key, issued="2017-04-02T10:00:00+08:00"))
    fate = BundleFate(str(path))
    manifest = read_first(path, BELOW)
    _, sender = bundle_import._sender(upward.parent.registry, path, ROOTS)  # noqa: SLF001  the moment between
    assert upward.take(other)[0].fate is Fate.IMPORTED
    with upward.parent.registry.writing() as connection, pytest.raises(VerificationFailure, match="不相衔接"):
        bundle_import._record(connection, manifest, sender, NOW)  # noqa: SLF001  see above
    assert fate.fate is Fate.REJECTED
    assert len(upward.parent.dump()["bundles_received"]) == 1
