"""`verify` never accepts what `import` refuses: one document after the other, and a bundle, asked both ways."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from canvass_desk import Desk, new_desk
from rounds_factory import NOW, ROOTS, MadeRound, make_round, organisation
from sqlalchemy import select
from test_canvass_bundles import BELOW, CHILD, GRANDCHILD, PARENT, Upward, entrust, listed, of_child

from canvass.bundle_checking import check_bundle
from canvass.bundle_import import BundleFate, import_bundle
from canvass.importing import Fate
from canvass.ledger_schema import branches
from canvass.receiving import receive
from canvass.vouching import Grounds
from rounds.errors import RoundError

HIGH, MIDDLE, ALL, NOWHERE = "/50/5001/", "/50/5002/", "/50/", "/50/5009/"
ISSUERS = {"child": CHILD, "grandchild": GRANDCHILD}
ENROLLED = ROOTS | GRANDCHILD.roots
Scopes = dict[str, tuple[str, ...]]


def documents() -> list[MadeRound]:
    """Branches of the ledger, one that it does not have, one without a code, each by both; then once more."""
    named = [("TM-01", 6), ("FZ-01", 40), ("NEW", 6), ("", 6)]
    return [
        make_round(by=by, branch_code=code, branch_name="新团支部", registered=members)
        for by in (CHILD, GRANDCHILD, CHILD)
        for code, members in named
    ]


def by_verify(desk: Desk, files: Sequence[bytes], roots: dict[bytes, str]) -> list[str]:
    """What each file is refused for, '' where it is not."""
    grounds, found = Grounds.of(desk.registry, roots), []
    before = desk.dump()
    for data in files:
        try:
            grounds.vouch(receive(data, grounds.trust.keyring).authorisation)
        except RoundError as error:
            found.append(str(error))
        else:
            found.append("")
    assert desk.dump() == before
    return found


def by_import(desk: Desk, files: Sequence[bytes], roots: dict[bytes, str]) -> list[str]:
    fates = [desk.take(data, roots=roots) for data in files]
    return [fate.reason if fate.fate is Fate.REJECTED else "" for fate in fates]


@pytest.mark.parametrize(
    "scopes",
    [
        {"child": (HIGH,), "grandchild": (HIGH,)},
        {"child": (HIGH, MIDDLE), "grandchild": (MIDDLE,)},
        {"child": (MIDDLE, HIGH), "grandchild": (ALL,)},
        {"child": (NOWHERE,), "grandchild": (NOWHERE,)},
        {"child": (NOWHERE, HIGH), "grandchild": (NOWHERE, MIDDLE)},
        {"child": (ALL, NOWHERE), "grandchild": ()},
        {"child": (), "grandchild": (HIGH, MIDDLE, NOWHERE)},
    ],
)
@pytest.mark.parametrize("roots", [ROOTS, ENROLLED])
def test_both_refuse_the_same_documents_for_the_same_reasons(
    desk: Desk, scopes: Scopes, roots: dict[bytes, str]
) -> None:
    listed(desk)
    for name, some in scopes.items():
        for scope in some:
            entrust(desk, roots, PARENT.key, ISSUERS[name].card, scope)
    files = [made.result(made.plan.registered - 1, 1) for made in documents()]
    told = by_verify(desk, files, roots)
    assert told == by_import(desk, files, roots)
    assert "" in told  # the control: not everything is refused


@pytest.mark.parametrize("code", ["", "NEW"])
@pytest.mark.parametrize(("scopes", "roots"), [((HIGH, MIDDLE), ROOTS), ((MIDDLE,), ENROLLED), ((HIGH,), ENROLLED)])
def test_a_branch_that_would_be_begun_outside_of_the_senders_scope_is_refused_by_both(
    desk: Desk, tmp_path: Path, code: str, scopes: tuple[str, ...], roots: dict[bytes, str]
) -> None:
    """Its issuer may authorise in several places, the sender of the bundle in the last of them alone."""
    listed(desk)
    entrust(desk, roots, PARENT.key, CHILD.card, scopes[-1])
    for scope in scopes:
        entrust(desk, roots, PARENT.key, GRANDCHILD.card, scope)
    new = make_round(by=GRANDCHILD, branch_code=code, branch_name="新团支部", registered=6)
    own = of_child() if scopes[-1] == HIGH else make_round(by=PARENT, branch_code="FZ-01", registered=40)
    with new_desk(tmp_path / "child") as child:
        upward = Upward(listed(child), desk)
        for made in (new, own):
            child.take(made.result(made.plan.registered - 1, 1), roots=BELOW | GRANDCHILD.roots)
        path = upward.hand_up()
    checked = check_bundle(path, Grounds.of(desk.registry, roots))
    fate = BundleFate(str(path))
    fates = list(import_bundle(desk.registry, path, fate, roots=roots, now=NOW))
    refused = [one.reason for one in fates if one.fate is Fate.REJECTED]
    assert [reason for _, reason in checked.failures] == refused
    assert len(refused) == 1
    assert len(desk.files()) == 1  # the control: the sender's own


def test_a_round_that_names_another_year_than_its_own_is_refused_by_both(desk: Desk) -> None:
    made = make_round(branch_code="TM-01", registered=6)
    authorisation = receive(made.result(5, 1), ROOTS).authorisation
    assert Grounds.of(listed(desk).registry, ROOTS).vouch(authorisation).place == HIGH  # the control
    other = msgspec.structs.replace(authorisation, record=msgspec.structs.replace(authorisation.record, year=2015))
    with pytest.raises(RoundError, match="测评编号与测评年度不符"):
        Grounds.of(desk.registry, ROOTS).vouch(other)


def test_what_is_refused_claims_no_code(desk: Desk) -> None:
    """A second attempt without its first, for a branch that the ledger does not have; then another organisation's."""
    listed(desk)
    alone = make_round(branch_code="NEW", registered=6).next_attempt("0" * 64)
    other = make_round(by=CHILD, branch_code="NEW", registered=6)
    files = [made.result(5, 1) for made in (alone, other)]
    before = codes(desk)
    refused, taken = by_import(desk, files, ROOTS | CHILD.roots)
    assert "第2次测评" in refused
    assert taken == ""
    assert codes(desk) == sorted([*before, "NEW"])
    claimed = [make_round(by=by, branch_code="MORE", registered=6).result(5, 1) for by in (organisation(), CHILD)]
    taken, refused = by_import(desk, claimed, ROOTS | CHILD.roots)
    assert taken == ""
    assert "不是该团支部的上级团组织" in refused  # the control: what was taken does claim it


def codes(desk: Desk) -> list[str]:
    with desk.registry.reading() as connection:
        return sorted(str(code) for code in connection.scalars(select(branches.c.code)))
