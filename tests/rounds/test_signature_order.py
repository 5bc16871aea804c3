"""Signatures stand in one order: another one of the same, all of them good, is another file and refused by name."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from rounds_factory import CHEAP_KDF, NOW, PASSPHRASE, ROOTS, MadeRound, envelope_of, make_round, organisation

from rounds.chain import read_result, read_void_report, read_zero_report
from rounds.encoding import encode
from rounds.errors import VerificationFailure
from rounds.issuing import new_organisation, open_organisation_key
from rounds.sharing import Holder
from rounds.trust import Trust
from rounds.trust_issuing import rotate


def other_orders(data: bytes) -> Iterator[bytes]:
    """Every other order of the same signatures."""
    envelope = envelope_of(data)
    for signatures in itertools.permutations(envelope.signatures):
        if list(signatures) != envelope.signatures:
            yield encode(msgspec.structs.replace(envelope, signatures=list(signatures)))


def refused(read: Callable[[bytes], Any], data: bytes) -> None:
    read(data)  # the control: as it was written
    others = list(other_orders(data))
    assert others
    for other in others:
        with pytest.raises(VerificationFailure) as error:
            read(other)
        assert error.value.check == "signature order"


PAIRS = list(itertools.permutations(Holder, 2))


@pytest.fixture(scope="module")
def made() -> MadeRound:
    return make_round(registered=6)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_an_end_is_signed_in_the_order_that_it_names(made: MadeRound, pair: tuple[Holder, Holder]) -> None:
    """Whichever two holders, in whichever order the product wrote them: that one is read."""
    refused(lambda data: read_result(data, ROOTS), made.result(4, 1, signers=pair))
    refused(lambda data: read_void_report(data, ROOTS), made.void(signers=pair))


def test_a_zero_report_is_signed_by_activation_supervisor_teller(made: MadeRound) -> None:
    refused(lambda data: read_zero_report(data, made.authorisation), made.zero_report.data)


def test_a_rotation_is_signed_by_the_old_key_and_then_the_new() -> None:
    old = organisation()
    file, _ = new_organisation(old.key.name, PASSPHRASE, secrets.token_bytes, CHEAP_KDF)
    data = rotate(old.key, open_organisation_key(file, PASSPHRASE), now=NOW)
    refused(lambda given: Trust(old.roots).take(given), data)
