"""Any two of three holders have the secret; one alone has nothing, and a scheme that leaks fails the same test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.errors import RuleRefusal
from rounds.sharing import HOLDER_NAMES, Holder, join, split

PAIRS = list(combinations(Holder, 2))
SECRETS = st.binary(min_size=1, max_size=48)
Scheme = Callable[[bytes, bytes], dict[Holder, bytes]]


@st.composite
def splits(draw: st.DrawFn) -> tuple[bytes, dict[Holder, bytes]]:
    secret = draw(SECRETS)
    size = 2 * len(secret)
    return secret, split(secret, draw(st.binary(min_size=size, max_size=size)))


@given(splits(), st.sampled_from([*PAIRS, tuple(Holder)]))
def test_any_two_and_all_three_join(shared: tuple[bytes, dict[Holder, bytes]], present: tuple[Holder, ...]) -> None:
    secret, shares = shared
    assert join({holder: shares[holder] for holder in present}) == secret


@given(splits(), st.sampled_from(list(Holder)))
def test_one_alone_is_refused(shared: tuple[bytes, dict[Holder, bytes]], alone: Holder) -> None:
    with pytest.raises(RuleRefusal, match="两名"):
        join({alone: shared[1][alone]})


def randomness_for(holder: Holder, share: bytes, secret: bytes) -> bytes:
    """The randomness with which `secret` would have given `holder` exactly this share."""
    size = len(secret)
    one, other = share[:size], share[size:]
    if holder is Holder.SUPERVISOR:
        return one + other
    if holder is Holder.TELLER:  # he has the second random part and the third: the first follows from the secret
        return xor(xor(secret, one), other) + one
    return other + xor(xor(secret, other), one)


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


@given(splits(), st.sampled_from(list(Holder)), st.data())
def test_every_secret_explains_one_share_equally_well(
    shared: tuple[bytes, dict[Holder, bytes]], holder: Holder, data: st.DataObject
) -> None:
    """One randomness for each candidate secret: the share says nothing about which it was."""
    secret, shares = shared
    candidate = data.draw(st.binary(min_size=len(secret), max_size=len(secret)))
    randomness = randomness_for(holder, shares[holder], candidate)
    assert split(candidate, randomness)[holder] == shares[holder]


def leaks(scheme: Scheme, holder: Holder) -> bool:
    """Whether some share of `holder` is likelier under one one-byte secret than under another, over all randomness."""

    def shares_of(secret: int) -> Counter[bytes]:
        every = (bytes(pair) for pair in ((a, b) for a in range(256) for b in range(256)))
        return Counter(scheme(bytes([secret]), randomness)[holder] for randomness in every)

    return shares_of(0x00) != shares_of(0xA7)


def halves(secret: bytes, randomness: bytes) -> dict[Holder, bytes]:
    """The scheme that suggests itself and leaks: parts of the secret, masked by one pad that somebody holds."""
    pad = randomness[: len(secret)]
    masked = xor(secret, pad)
    return {Holder.SUPERVISOR: pad + masked, Holder.TELLER: masked + pad, Holder.EMERGENCY: pad + pad}


@pytest.mark.parametrize("holder", list(Holder))
def test_a_share_is_distributed_the_same_for_two_secrets(holder: Holder) -> None:
    """All 65,536 draws, not a sample."""
    assert not leaks(split, holder)


def test_control_a_weak_scheme_leaks() -> None:
    assert [holder for holder in Holder if leaks(halves, holder)] == [Holder.SUPERVISOR, Holder.TELLER]


@given(splits(), st.sampled_from(PAIRS), st.data())
def test_shares_that_do_not_belong_together(
    shared: tuple[bytes, dict[Holder, bytes]], pair: tuple[Holder, Holder], data: st.DataObject
) -> None:
    """A damaged share shows where the two overlap, or gives another secret: never silently the same."""
    secret, shares = shared
    damaged = bytearray(shares[pair[0]])
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    together = {pair[0]: bytes(damaged), pair[1]: shares[pair[1]]}
    try:
        joined = join(together)
    except ValueError:
        return
    assert joined != secret


@given(splits(), st.data())
def test_of_three_shares_one_damaged_always_shows(
    shared: tuple[bytes, dict[Holder, bytes]], data: st.DataObject
) -> None:
    """Every part is held twice: the sum of all three cannot come from a damaged one."""
    secret, shares = shared
    for holder in Holder:
        damaged = bytearray(shares[holder])
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
        with pytest.raises(ValueError, match="contradict"):
            join({**shares, holder: bytes(damaged)})
    assert join(shares) == secret


def test_malformed_shares_and_randomness() -> None:
    shares = split(b"ab", bytes(4))
    with pytest.raises(ValueError, match="random bytes"):
        split(b"ab", bytes(3))
    with pytest.raises(ValueError, match="unequal"):
        join({Holder.TELLER: shares[Holder.TELLER], Holder.EMERGENCY: b"1234567"})
    with pytest.raises(ValueError, match="unequal"):
        join({Holder.TELLER: b"123", Holder.EMERGENCY: b"123"})


def test_every_holder_has_a_name() -> None:
    assert set(HOLDER_NAMES) == set(Holder)
