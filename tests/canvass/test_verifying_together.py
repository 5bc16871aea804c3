"""The signatures of several files verified after all else: none is believed without, and the answers are the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rounds_factory import ROOTS, MadeRound, envelope_of, make_round

from canvass.arrivals import Arrival
from canvass.verifying import File, Verdict, verify, verify_all
from rounds.encoding import encode
from rounds.errors import VerificationFailure
from rounds.keys import NotedSignatures


def with_other_signature(data: bytes, place: int) -> bytes:
    """The envelope with one bit of one signature changed; whatever carries it must be signed anew."""
    envelope = envelope_of(data)
    wrong = bytearray(envelope.signatures[place].sig)
    wrong[5] ^= 1
    signatures = list(envelope.signatures)
    signatures[place] = msgspec.structs.replace(signatures[place], sig=bytes(wrong))
    return encode(msgspec.structs.replace(envelope, signatures=signatures))


def carrying(made: MadeRound, **links: bytes) -> bytes:
    """A result that is signed as it should be, over other links."""
    record = made.result_record(3, 1)
    texts = {name: data.decode() for name, data in links.items()}
    return made.sign_end(msgspec.structs.replace(record, chain=msgspec.structs.replace(record.chain, **texts)))


SIX: dict[str, Callable[[MadeRound], bytes]] = {
    "the authorisation's": lambda made: carrying(made, authorisation=with_other_signature(made.authorisation.data, 0)),
    "the activation key's": lambda made: carrying(made, zero_report=with_other_signature(made.zero_report.data, 0)),
    "the supervisor's at opening": lambda made: carrying(
        made, zero_report=with_other_signature(made.zero_report.data, 1)
    ),
    "the teller's at opening": lambda made: carrying(made, zero_report=with_other_signature(made.zero_report.data, 2)),
    "the supervisor's": lambda made: with_other_signature(made.result(3, 1), 0),
    "the teller's": lambda made: with_other_signature(made.result(3, 1), 1),
}


@pytest.mark.parametrize("whose", SIX)
def test_each_of_the_six_signatures_is_needed(whose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_round()
    assert verdicts(made.result(3, 1)) == ["in"]
    forged = SIX[whose](made)
    (refused,) = verify_all([forged], ROOTS, None)
    assert isinstance(refused, str)
    assert refused == verify(forged, ROOTS, None)
    assert "签名验证未通过" in refused
    monkeypatch.setattr(NotedSignatures, "verify", lambda _self: None)  # the control: noted and forgotten
    assert verdicts(forged) == ["in"]


def test_a_forged_file_is_refused_alone(tmp_path: Path) -> None:
    made = [make_round(branch_name=f"第{number}团支部") for number in range(4)]
    good = [one.result(4, 1) for one in made]
    forged = [forge(make_round()) for forge in SIX.values()]
    unread = [b"", b"{}", good[0][:-1], b"[" * 10_000, make_round(rehearsal=True).result(4, 1)]
    mixed: list[File] = [good[0], *forged[:3], good[1], *unread, tmp_path / "gone", good[2], *forged[3:], good[3]]
    found = verify_all(mixed, ROOTS, 2016)
    assert [verdict for verdict in found if isinstance(verdict, Arrival)] == verify_all(good, ROOTS, 2016)
    assert found == [verify(file, ROOTS, 2016) for file in mixed]


def test_what_a_forged_file_says_besides_is_not_told_before_its_signature() -> None:
    """The first thing wrong is named, as by one file alone: with a forged signature nothing else was ever asked."""
    made = make_round()
    lie = msgspec.structs.replace(made.result_record(3, 1), satisfied=4)
    signed, forged = verify_all([made.sign_end(lie), with_other_signature(made.sign_end(lie), 0)], ROOTS, None)
    assert isinstance(signed, str)  # refused for what it says
    assert "签名验证未通过" not in signed
    assert "签名验证未通过" in str(forged)


def test_noted_signatures_hold_together_or_not_at_all() -> None:
    signer = make_round().signing_keys()[0]
    public, messages = signer.public_key().public_bytes_raw(), [b"one", b"two", b"three"]
    noted = NotedSignatures()
    noted.verify()  # of nothing
    for message in messages:
        noted.note(public, signer.sign(message), message)
    noted.verify()
    noted.note(public, signer.sign(b"four"), b"another")
    with pytest.raises(VerificationFailure):
        noted.verify()
    low = NotedSignatures()
    low.note((1).to_bytes(32, "little"), (1).to_bytes(64, "little"), b"anything")  # OpenSSL takes it
    with pytest.raises(VerificationFailure, match="低阶"):
        low.verify()


def verdicts(file: bytes) -> list[str]:
    return [_word(verdict) for verdict in verify_all([file], ROOTS, None)]


def _word(verdict: Verdict) -> str:
    return verdict if isinstance(verdict, str) else "in"
