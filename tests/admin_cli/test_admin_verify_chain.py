"""`verify` of what a delegated key has signed and of bundles: the chain from the root down, or why it does not hold."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from admin_script import Admin, Ran
from canvass_desk import Desk
from rounds_factory import NOW, ROOTS, MadeRound, make_round, payload_digest
from test_canvass_bundles import (
    BELOW,
    CHILD,
    GRANDCHILD,
    PARENT,
    VALID,
    Upward,
    entrust,
    forged,
    listed,
    of_child,
    upward,
)

from canvass.importing import Fate
from canvass.trusting import import_trust, trust_state
from rounds.documents import RESULT, VOID
from rounds.trust_documents import DELEGATION
from rounds.trust_issuing import delegate, revoke

__all__ = ["upward"]  # a fixture

LATER = ("2018-01-01T00:00:00+08:00", "2018-12-31T00:00:00+08:00")


@pytest.fixture
def clerk(admin: Admin) -> Admin:
    """A home that has enrolled the root and nothing else."""
    card = admin.path("root.pub")
    card.write_bytes(PARENT.card)
    assert admin.run("trust", "add", card, "--yes").code == 0
    return admin


def verify(clerk: Admin, data: bytes, desk: Desk | None = None, *, name: str = "r.result") -> Ran:
    path = clerk.path(name)
    path.write_bytes(data)
    where = () if desk is None else ("--registry", desk.url)
    return clerk.run("verify", path, *where, "--json")


def documents(ran: Ran) -> list[tuple[str, str]]:
    return [(step["document"], step["signed_by"]) for step in ran.json["chain"]]


def given(desk: Desk, *, scope: str = "/50/5001/", valid: tuple[str, str] = VALID) -> bytes:
    data = delegate(trust_state(desk.registry, ROOTS), PARENT.key, CHILD.card, scope=scope, valid=valid, now=NOW)
    assert import_trust(desk.registry, data, roots=ROOTS, now=NOW) is not None
    return data


def test_a_delegated_keys_documents_show_their_chain(clerk: Admin, desk: Desk) -> None:
    made = of_child()
    ends = {"authorisation": made.issued.data, "result": made.result(5, 1), "void": of_child().void()}
    for kind, data in ends.items():
        ran = verify(clerk, data, desk)
        assert (ran.code, ran.json["check"]) == (3, "root"), kind
        assert "未验证" in ran.error
    delegation = given(listed(desk))
    for kind, data in ends.items():
        ran = verify(clerk, data, desk)
        assert ran.code == 0, ran.err
        assert (ran.json["kind"], ran.json["valid"], ran.json["issuer"]) == (kind, True, CHILD.key.name)
        assert documents(ran)[:3] == [
            ("上级团组织", "—"),
            ("密钥授权书", PARENT.key.name),
            ("批复文件", CHILD.key.name),
        ]
        (link,) = ran.json["delegations"]
        assert (link["issuer"], link["child"], link["scope"]) == (PARENT.key.name, CHILD.key.name, "/50/5001/")
        assert (link["digest"], link["key"]) == (payload_digest(delegation), CHILD.key.public.hex())
        assert datetime.fromisoformat(link["valid_until"]) > datetime(2017, 4, 1, tzinfo=UTC)
    shown = clerk.run("verify", clerk.path("r.result"), "--registry", desk.url).out
    assert "授权“土木工程学院团委”批复" in shown.replace("\n", "")
    assert desk.files() == []


def test_a_root_is_the_chain_of_one_that_it_was(clerk: Admin, desk: Desk) -> None:
    ran = verify(clerk, make_round().result(5, 1), desk)
    assert (ran.code, ran.json["delegations"]) == (0, [])
    assert documents(ran)[:2] == [("上级团组织", "—"), ("批复文件", PARENT.key.name)]


def test_without_a_registry_nothing_is_made(clerk: Admin) -> None:
    assert verify(clerk, make_round().result(5, 1)).code == 0
    assert verify(clerk, of_child().result(5, 1)).code == 3
    assert not clerk.home.registry_path.exists()


def test_two_delegations_below_each_other(clerk: Admin, desk: Desk) -> None:
    given(listed(desk))
    entrust(desk, ROOTS, CHILD.key, GRANDCHILD.card, "/50/5001/")
    ran = verify(clerk, make_round(by=GRANDCHILD, branch_code="TM-01").result(5, 1), desk)
    assert [name for _, name in documents(ran)[:4]] == ["—", PARENT.key.name, CHILD.key.name, GRANDCHILD.key.name]
    assert [one["child"] for one in ran.json["delegations"]] == [CHILD.key.name, GRANDCHILD.key.name]


def expired(desk: Desk, _made: MadeRound) -> None:
    given(desk, valid=LATER)


def revoked(desk: Desk, _made: MadeRound) -> None:
    given(desk)
    data = revoke(trust_state(desk.registry, ROOTS), PARENT.key, {CHILD.key.public: ()}, now=NOW)
    import_trust(desk.registry, data, roots=ROOTS, now=NOW)


def elsewhere(desk: Desk, _made: MadeRound) -> None:
    given(desk, scope="/50/5002/")


def prefix(desk: Desk, _made: MadeRound) -> None:
    """/50/500/ is a part of the text /50/5001/ and nothing above it."""
    given(desk, scope="/50/500/")


@pytest.mark.parametrize(
    ("wrong", "check"),
    [(expired, "delegation"), (revoked, "revoked"), (elsewhere, "scope"), (prefix, "scope")],
)
def test_a_chain_that_does_not_hold_is_refused_as_import_does(
    clerk: Admin, desk: Desk, wrong: Callable[[Desk, MadeRound], None], check: str
) -> None:
    made = of_child()
    wrong(listed(desk), made)
    result = made.result(5, 1)
    ran = verify(clerk, result, desk)
    assert (ran.code, ran.json["valid"], ran.json["check"]) == (3, False, check)
    taken = desk.take(result)
    assert (taken.fate, taken.reason) == (Fate.REJECTED, ran.json["reason"])
    assert verify(clerk, make_round().result(5, 1), desk).code == 0  # the control: the root's own


def test_what_was_seen_before_its_key_was_revoked_still_verifies(clerk: Admin, desk: Desk) -> None:
    made, later = of_child(), of_child("TM-02", 30)
    given(listed(desk))
    assert desk.take(made.result(5, 1)).fate is Fate.IMPORTED
    data = revoke(trust_state(desk.registry, ROOTS), PARENT.key, {CHILD.key.public: ()}, now=NOW)
    import_trust(desk.registry, data, roots=ROOTS, now=NOW)
    assert verify(clerk, made.result(5, 1), desk).code == 0
    assert verify(clerk, later.result(29, 1), desk).json["check"] == "revoked"


# Bundles


def handed(upward: Upward, *ends: bytes) -> Path:
    for data in ends:
        upward.child.take(data, roots=BELOW)
    return upward.hand_up()


def test_a_bundle_says_who_it_is_from_and_what_is_in_it(clerk: Admin, upward: Upward) -> None:
    void = of_child("TM-02", 30).void()
    upward.authorise(of_child())
    path = handed(upward, of_child().result(5, 1), void)
    before = upward.parent.dump()
    ran = verify(clerk, path.read_bytes(), upward.parent, name="1.bundle")
    assert ran.code == 0, ran.err
    found = ran.json
    assert (found["kind"], found["valid"], found["organisation"], found["sequence"]) == (
        "bundle",
        True,
        CHILD.key.name,
        1,
    )
    assert found["states"] == {"accepted": 1, "conflict": 0, "missing": 1, "void": 1}
    assert found["counts"] == {DELEGATION.title: 1, RESULT.title: 1, VOID.title: 1}
    assert (found["failed"], found["failures"], found["trust_travels"]) == (0, [], False)
    assert documents(ran) == [
        ("上级团组织", "—"),
        ("密钥授权书", PARENT.key.name),
        ("报送包清单", CHILD.key.name),
        ("随附文件", "各文件的签名人"),
    ]
    assert upward.parent.dump() == before  # looking takes nothing in
    shown = clerk.run("verify", clerk.path("1.bundle"), "--registry", upward.parent.url).out
    assert "随附文件3份逐份核验通过" in shown


def test_a_delegation_that_travels_in_the_bundle_counts_for_it(clerk: Admin, upward: Upward) -> None:
    path = handed(upward, of_child().result(5, 1))
    ran = verify(clerk, path.read_bytes(), name="1.bundle")
    assert (ran.code, ran.json["trust_travels"]) == (0, True), ran.err
    assert "trust import" in ran.err
    assert [one["child"] for one in ran.json["delegations"]] == [CHILD.key.name]
    taken = clerk.run("import", clerk.path("1.bundle"), "--json")
    assert (taken.code, "未验证" in taken.json["files"][0]["reason"]) == (3, True)  # as the warning says
    stranger = Admin(clerk.path("stranger"))
    stranger.folder.mkdir()
    assert verify(stranger, path.read_bytes(), name="1.bundle").json["check"] == "root"


def test_the_place_in_the_sequence_is_told_and_a_fork_refused(clerk: Admin, upward: Upward) -> None:
    first = handed(upward, of_child().result(5, 1))
    fork = forged(first, CHILD.key, issued="2017-04-02T10:00:00+08:00")
    second = handed(upward, of_child("TM-02", 30).result(29, 1))
    early = verify(clerk, second.read_bytes(), upward.parent, name="2.bundle")
    assert (early.code, early.json["place"]) == (0, "本登记库没有第1次的，未与之核对：导入须按次序")
    upward.take(first)
    assert verify(clerk, second.read_bytes(), upward.parent, name="2.bundle").json["place"] == "与已导入的第1次相衔接"
    assert verify(clerk, first.read_bytes(), upward.parent, name="1.bundle").json["place"] == "本登记库已导入过这一份"
    ran = verify(clerk, fork, upward.parent, name="f.bundle")
    assert (ran.code, ran.json["check"]) == (3, "fork")
    assert verify(clerk, fork, name="f.bundle").code == 0  # the control: nothing is wrong with it by itself


def test_a_document_that_does_not_hold_is_named_by_its_number(clerk: Admin, upward: Upward) -> None:
    path = handed(upward, of_child().result(5, 1))
    of_sister = make_round(by=PARENT, branch_code="FZ-01", registered=40)
    lent = handed(upward, of_sister.result(40, 0))
    upward.take(path)
    ran = verify(clerk, lent.read_bytes(), upward.parent, name="lent.bundle")
    assert (ran.code, ran.json["check"], ran.json["failed"]) == (3, "documents", 1)
    assert [one["number"] for one in ran.json["failures"]] == [1]
    assert "授权范围" in ran.json["failures"][0]["reason"]
    assert "第1份文件未通过核验" in ran.error


def test_a_damaged_signature_inside_a_well_signed_bundle(clerk: Admin, upward: Upward) -> None:
    torn = of_child()
    path = handed(upward, torn.result(5, 1), torn.result(4, 2))  # a conflict: no end is listed, so none is promised
    *lines, last = gzip.decompress(path.read_bytes()).splitlines()
    at = last.index(b'"sig":"') + len(b'"sig":"')
    bent = last[:at] + (b"B" if last[at : at + 1] == b"A" else b"A") + last[at + 1 :]
    broken = upward.parent.put("x.bundle", gzip.compress(b"".join(line + b"\n" for line in (*lines, bent)), mtime=0))
    ran = verify(clerk, forged(broken, CHILD.key), upward.parent, name="bad.bundle")
    assert (ran.code, ran.json["check"]) == (3, "documents")
    assert [(one["number"], "签名" in one["reason"]) for one in ran.json["failures"]] == [(3, True)]
    assert verify(clerk, path.read_bytes(), upward.parent, name="good.bundle").code == 0  # the control


def past(_upward: Upward, path: Path) -> bytes:
    return forged(path, CHILD.key, issued="2018-06-01T00:00:00+08:00")


def withdrawn(upward: Upward, path: Path) -> bytes:
    data = revoke(trust_state(upward.parent.registry, ROOTS), PARENT.key, {CHILD.key.public: ()}, now=NOW)
    import_trust(upward.parent.registry, data, roots=ROOTS, now=NOW)
    return path.read_bytes()


def in_another_name(_upward: Upward, path: Path) -> bytes:
    return forged(path, CHILD.key, organisation="附属中学团委")


def cut(_upward: Upward, path: Path) -> bytes:
    return path.read_bytes()[:-20]


def doubled(_upward: Upward, path: Path) -> bytes:
    lines = gzip.decompress(path.read_bytes()).splitlines()
    return gzip.compress(b"".join(line + b"\n" for line in (*lines, lines[-1])), mtime=0)


BAD: list[tuple[Callable[[Upward, Path], bytes], str, int]] = [
    (past, "delegation", 3),
    (withdrawn, "revoked", 3),
    (in_another_name, "organisation", 3),
    (doubled, "content", 3),
    (cut, "format", 4),
]


@pytest.mark.parametrize(("bad", "check", "code"), BAD)
def test_a_bundle_that_does_not_hold(
    clerk: Admin, upward: Upward, bad: Callable[[Upward, Path], bytes], check: str, code: int
) -> None:
    path = handed(upward, of_child().result(5, 1))
    assert verify(clerk, path.read_bytes(), upward.parent, name="good.bundle").code == 0  # the control
    ran = verify(clerk, bad(upward, path), upward.parent, name="bad.bundle")
    assert (ran.code, ran.json["check"], ran.json["valid"]) == (code, check, False)
    assert ran.error


def test_a_pipe_that_is_named_like_a_bundle_holds_nobody_up(clerk: Admin, upward: Upward) -> None:
    pipe = clerk.path("x.bundle")
    os.mkfifo(pipe)
    ran = clerk.run("import", pipe, "--json")
    assert (ran.code, ran.json["files"][0]["fate"]) == (3, "rejected")
    assert "不是普通文件" in ran.json["files"][0]["reason"]
    assert handed(upward, of_child().result(5, 1)).is_file()
