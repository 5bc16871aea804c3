"""Each link is held against the one before: every contradiction here is truly signed, so only the rule refuses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from round_builder import Built, build, open_printed, seeded

from rounds.chain import (
    RoundEnd,
    check_names,
    read_authorisation,
    read_result,
    read_void_report,
    read_zero_report,
    window,
)
from rounds.documents import VOID, ZERO_REPORT, Officer, VoidReport, ZeroReport
from rounds.envelope import sign
from rounds.errors import RoundError, Unreadable, VerificationFailure
from rounds.keys import SecretKeys
from rounds.sharing import Holder
from rounds.tally import Tally

altered = msgspec.structs.replace
OTHER_ROUND = "2016-" + "0" * 16
IDENTITY = (1).to_bytes(32, "little")
ZERO_U = bytes(32)


def check_of(attempt: Callable[[], object]) -> str:
    with pytest.raises(VerificationFailure) as caught:
        attempt()
    return caught.value.check


def read_zero(data: bytes, built: Built) -> ZeroReport:
    return read_zero_report(data, read_authorisation(built.authorisation, built.roots)).record


def resigned_zero(built: Built, **change: Any) -> Callable[[], object]:
    return lambda: read_zero(built.sign_zero(altered(built.zero(), **change)), built)


def with_officer(built: Built, place: int, **change: Any) -> tuple[Officer, ...]:
    officers = list(built.zero().officers)
    officers[place] = altered(officers[place], **change)
    return tuple(officers)


def test_the_true_zero_report_is_read() -> None:
    built = build()
    assert resigned_zero(built)() == built.zero()


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"round_id": OTHER_ROUND}, "authorisation digest"),
        ({"authorisation_digest": "0" * 64}, "authorisation digest"),
        ({"mode": "rehearsal"}, "mode"),
        ({"roster_used": True}, "roster"),  # the authorisation binds none: who may vote was nobody's decision
    ],
)
def test_a_zero_report_of_another_round(change: dict[str, Any], check: str) -> None:
    assert check_of(resigned_zero(build(), **change)) == check


def test_a_zero_report_of_another_type() -> None:
    built = build()
    assert check_of(lambda: read_zero(built.sign_zero(built.zero(), rehearsal=True), built)) == "mode"


@pytest.mark.parametrize(
    ("place", "change", "check"),
    [
        (0, {"name": "王五"}, "officers"),  # the assessed secretary supervises himself
        (1, {"name": "王五"}, "officers"),
        (1, {"name": "王　五"}, "officers"),  # as forms set a name of two characters
        (1, {"name": "王 五"}, "officers"),
        (1, {"name": "李四"}, "officers"),  # one person in both offices
        (0, {"name": "孙七"}, "officers"),  # another supervisor than the authorised one
        (0, {"role": Holder.TELLER}, "officers"),
        (1, {"role": Holder.SUPERVISOR}, "officers"),
        (1, {"role": Holder.EMERGENCY}, "officers"),
        (0, {"sealing": ZERO_U}, "public key"),
    ],
)
def test_officers_who_may_not_be(place: int, change: dict[str, Any], check: str) -> None:
    built = build()
    assert check_of(resigned_zero(built, officers=with_officer(built, place, **change))) == check


def test_a_supervisors_name_may_be_set_with_a_space() -> None:
    built = build()
    resigned_zero(built, officers=with_officer(built, 0, name="李　四"))()


def test_officers_in_the_other_order() -> None:
    built = build()
    assert check_of(resigned_zero(built, officers=built.zero().officers[::-1])) == "officers"


def shared_keys(built: Built) -> dict[str, dict[str, Any]]:
    """Zero reports in which one key has two holders."""
    supervisor, teller = built.zero().officers
    basis = built.basis()
    return {
        "officers share a sealing key": {"officers": with_officer(built, 1, sealing=supervisor.sealing)},
        "supervisor has the emergency sealing key": {
            "officers": with_officer(built, 0, sealing=basis.emergency.sealing)
        },
        "supervisor has the activation sealing key": {
            "officers": with_officer(built, 0, sealing=basis.activation.sealing)
        },
        "round key is the teller's": {"round_key": teller.sealing},
        "round key is the emergency key": {"round_key": basis.emergency.sealing},
    }


@pytest.mark.parametrize("name", shared_keys(build()))
def test_one_sealing_key_for_two(name: str) -> None:
    built = build()
    assert check_of(resigned_zero(built, **shared_keys(built)[name])) == "distinct keys"


def test_one_signing_key_for_two() -> None:
    """Signed three times all the same, by whoever holds that key; each pair of keys is a case."""
    built = build()
    signing = {
        "activation": built.activation.signing,
        **{holder.value: keys.signing for holder, keys in built.holders.items()},
    }
    supervisor, teller = built.zero().officers
    for places, taken in (((0,), "emergency"), ((1,), "emergency"), ((0,), "activation"), ((0, 1), "emergency")):
        public = signing[taken].public_key().public_bytes_raw()
        officers = tuple(
            altered(officer, signing=public) if place in places else officer
            for place, officer in enumerate((supervisor, teller))
        )
        owners = ["activation", *(taken if place in places else officers[place].role.value for place in (0, 1))]
        keys = [signing[owner] for owner in dict.fromkeys(owners)]
        data = sign(altered(built.zero(), officers=officers), ZERO_REPORT.official, keys)
        assert check_of(lambda data=data: read_zero(data, built)) in {"distinct keys", "signatures"}  # type: ignore[misc]  # bound here


@pytest.mark.parametrize("unfit", [ZERO_U, IDENTITY, b"\xff" * 32])
def test_a_round_key_that_seals_nothing(unfit: bytes) -> None:
    """Everybody could read ballots sealed to it."""
    assert check_of(resigned_zero(build(), round_key=unfit)) == "public key"


def test_a_zero_report_wants_all_three_signatures() -> None:
    built = build()
    three = [built.activation.signing, *built.signing(Holder.SUPERVISOR, Holder.TELLER)]
    read_zero(sign(built.zero(), ZERO_REPORT.official, three), built)
    for missing in range(3):
        keys = three[:missing] + three[missing + 1 :]
        data = sign(built.zero(), ZERO_REPORT.official, keys)
        assert check_of(lambda data=data: read_zero(data, built)) == "signatures"  # type: ignore[misc]  # bound here
    emergency = [*three[:2], *built.signing(Holder.EMERGENCY)]
    assert check_of(lambda: read_zero(sign(built.zero(), ZERO_REPORT.official, emergency), built)) == "signatures"


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"mode": "rehearsal"}, "mode"),
        ({"issuer": "乙区团委"}, "issuer"),
        ({"registered": 1, "secretary_votes": False}, "registered"),
        ({"attempt": 2}, "attempt"),
        ({"previous_end": "0" * 64}, "attempt"),
        ({"opens": "2017-04-01T10:00:00+08:00", "closes": "2017-04-01T10:00:00+08:00"}, "window"),
        ({"opens": "2017-04-01T10:00:00+08:00", "closes": "2017-04-01T03:00:00+01:00"}, "window"),  # the same moment
    ],
)
def test_authorisations_that_contradict_themselves(change: dict[str, Any], check: str) -> None:
    built = build()
    data = built.sign_authorisation(altered(built.basis(), **change))
    assert check_of(lambda: read_authorisation(data, built.roots)) == check


@pytest.mark.parametrize("half", ["signing", "sealing"])
def test_activation_and_emergency_keys_differ(half: str) -> None:
    built = build()
    basis = built.basis()
    twin = altered(basis.emergency, **{half: getattr(basis.activation, half)})
    data = built.sign_authorisation(altered(basis, emergency=twin))
    assert check_of(lambda: read_authorisation(data, built.roots)) == "distinct keys"


@pytest.mark.parametrize(
    "change",
    [
        {"registered": 0},
        {"registered": 20_001},
        {"attempt": 0},
        {"attempt": 100},
        {"year": 1999},
        {"round_id": "2016-XYZ"},
        {"round_id": "2016-" + "a" * 16 + "/../"},
        {"method": "online"},
        {"mode": "test"},
        {"issuer": ""},
        {"duties": ("好",) * 21},
        {"issued": "昨天"},
    ],
)
def test_authorisations_out_of_range(change: dict[str, Any]) -> None:
    built = build()
    data = built.sign_authorisation(altered(built.basis(), **change))
    with pytest.raises(Unreadable):
        read_authorisation(data, built.roots)


def test_one_organisation_cannot_issue_in_anothers_name() -> None:
    """Both are enrolled; the record names the first, the second signs."""
    first, second = build(), build("二")
    forged = second.sign_authorisation(altered(first.basis()))
    assert check_of(lambda: read_authorisation(forged, {**first.roots, **second.roots})) == "issuer"


def test_the_window() -> None:
    basis = build().basis()
    assert window(basis) == (None, None)
    opens, closes = window(altered(basis, opens="2017-04-01T10:00:00+08:00"))
    assert closes is None
    assert opens is not None
    assert opens.isoformat() == "2017-04-01T10:00:00+08:00"


def read_void(built: Built, record: VoidReport, *, rehearsal: bool | None = None) -> RoundEnd[VoidReport]:
    return read_void_report(built.sign_end(record, rehearsal=rehearsal), built.roots)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"authorisation_digest": "0" * 64}, "chain"),
        ({"zero_report_digest": "0" * 64}, "chain"),
        ({"round_id": OTHER_ROUND}, "chain"),
        ({"mode": "rehearsal"}, "mode"),
    ],
)
def test_an_end_whose_links_differ(change: dict[str, Any], check: str) -> None:
    built = build()
    record = altered(built.void(), chain=altered(built.void().chain, **change))
    assert check_of(lambda: read_void(built, record)) == check


def test_an_end_of_another_type_than_its_authorisation() -> None:
    built = build()
    assert check_of(lambda: read_void(built, built.void(), rehearsal=True)) == "mode"


def test_a_rehearsals_documents_never_enter_as_official() -> None:
    """Every document of a rehearsal relabelled and truly signed again under the official type."""
    built = build(rehearsal=True)
    assert read_void(built, built.void()).end.rehearsal
    assert check_of(lambda: read_void(built, built.void(), rehearsal=False)) == "mode"
    official = altered(built.void(), chain=altered(built.void().chain, mode="official"))
    assert check_of(lambda: read_void(built, official, rehearsal=False)) == "mode"
    assert check_of(resigned_zero(built, mode="official")) == "mode"
    assert check_of(lambda: read_zero(built.sign_zero(built.zero(), rehearsal=False), built)) == "mode"


def test_a_zero_report_of_another_box_in_the_same_round() -> None:
    """The end names one box; a second zero report of the round cannot be put in its place."""
    built = build()
    second = built.sign_zero(altered(built.zero(), round_key=SecretKeys.from_bytes(seeded("box")(64)).sealing_public))
    read_zero(second, built)
    record = altered(built.void(), chain=altered(built.void().chain, zero_report=second.decode()))
    assert check_of(lambda: read_void(built, record)) == "chain"


def test_an_end_carries_the_chain_of_its_own_root_only() -> None:
    built, other = build(), build("二")
    mixed = altered(built.void().chain, zero_report=other.zero_report.decode())
    with pytest.raises(VerificationFailure):
        read_void(built, altered(built.void(), chain=mixed))
    for broken in ("", "{}", "not json", built.card.decode()):
        for link in ("authorisation", "zero_report"):
            chain = altered(built.void().chain, **{link: broken})
            with pytest.raises(RoundError):
                read_void(built, altered(built.void(), chain=chain))


@pytest.mark.parametrize(
    ("signers", "named"),
    [
        ((Holder.SUPERVISOR,), (Holder.SUPERVISOR, Holder.TELLER)),
        ((Holder.SUPERVISOR, Holder.TELLER), (Holder.SUPERVISOR, Holder.EMERGENCY)),
        ((Holder.SUPERVISOR, Holder.EMERGENCY), (Holder.SUPERVISOR, Holder.TELLER)),
        (tuple(Holder), (Holder.SUPERVISOR, Holder.TELLER)),
        ((Holder.SUPERVISOR, Holder.TELLER), tuple(Holder)),
        ((Holder.SUPERVISOR, Holder.TELLER), (Holder.SUPERVISOR, Holder.SUPERVISOR, Holder.TELLER)),
    ],
)
def test_the_record_names_exactly_those_who_signed(signers: tuple[Holder, ...], named: tuple[Holder, ...]) -> None:
    built = build()
    data = sign(altered(built.void(), signers=named), VOID.official, built.signing(*signers))
    assert check_of(lambda: read_void_report(data, built.roots)) in {"signers", "signatures"}


def test_any_two_holders_end_a_round_and_the_emergency_holder_shows() -> None:
    built = build()
    hidden = altered(built.void(), signers=(Holder.TELLER, Holder.EMERGENCY))
    assert check_of(lambda: read_void(built, hidden)) == "signers"
    shown = altered(hidden, conduct=altered(hidden.conduct, emergency_used=True))
    assert read_void(built, shown).end.signers == ("teller", "emergency")


def test_the_activation_key_ends_nothing() -> None:
    built = build()
    keys = [built.activation.signing, *built.signing(Holder.SUPERVISOR)]
    data = sign(built.void(), VOID.official, keys)
    assert check_of(lambda: read_void_report(data, built.roots)) == "signatures"


def test_a_result_stands_on_what_it_carries() -> None:
    built = build()
    data = built.sign_end(built.result(Tally(16, 9, 2), present=28, issued=28, collected=27))
    found = read_result(data, built.roots)
    assert found.authorisation.data == built.authorisation
    assert found.zero_report.data == built.zero_report
    assert found.end.data == data


def test_names() -> None:
    check_names("王五", "李四", "赵六")
    for names in (
        ("王五", "王五", "赵六"),
        ("王五", "李四", "王　五"),
        ("Wang", "李四", "ＷＡＮＧ"),
        ("王五", "李四", "李 四"),
    ):
        with pytest.raises(VerificationFailure, match="不得"):
            check_names(*names)


def test_a_printed_code_opens_only_its_own_key() -> None:
    built = build()
    with pytest.raises(VerificationFailure):
        open_printed(built.basis().activation, "0000-0000-0000-0000")
