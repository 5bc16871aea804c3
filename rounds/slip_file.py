"""`.slips`: slip numbers on their way from the clerk, who prints them, to the box, which has to know them.

The file is signed by the activation key of the authorisation that it goes with, so whoever has no 启用码 can make none;
the numbers inside are sealed to the same holder (`ballots_store.brought_slips`). Sealed are, without any framing, the
SHA-256 of the printed file (32 bytes) and the numbers, ten digits each, in ascending order: nothing says in which order
they were drawn or stand on the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rounds.documents import SLIPS, Authorisation, SlipFile
from rounds.envelope import Claim, Expected, Verified, read
from rounds.errors import Unreadable, VerificationFailure
from rounds.slips import SLIP_DIGITS, is_slip_number

_PAPER_SIZE = 32
_DAMAGED = (
    "投票凭条文件损坏、被改动，或不是投票凭条文件：请使用随批复一同发来的原件；"
    "没有原件的，所印凭条不得使用，封箱后另行制作（slips）。"
)


@dataclass(frozen=True)
class PrintedSlips:
    """Slips that lie printed before there is a box."""

    numbers: tuple[str, ...] = field(repr=False)
    paper: bytes
    """SHA-256 of the printed file."""


def damaged(check: str) -> VerificationFailure:
    """What is said of a file that does not hold; `check` names the step for programs."""
    return VerificationFailure(check, _DAMAGED)


def pack_slips(numbers: Sequence[str], paper: bytes) -> bytes:
    """What is sealed: `paper`, the SHA-256 of the printed file, then `numbers` in ascending order."""
    return paper + "".join(sorted(numbers)).encode()


def unpack_slips(content: bytes, most: int) -> PrintedSlips:
    """Read what `pack_slips` wrote; `most`: how many may vote.

    Raises:
        VerificationFailure: another length, none or more than `most`, a number that is none, twice, or out of order.
    """
    paper, digits = content[:_PAPER_SIZE], content[_PAPER_SIZE:]
    numbers = [digits[at : at + SLIP_DIGITS] for at in range(0, len(digits), SLIP_DIGITS)]
    if len(paper) != _PAPER_SIZE or not all(is_slip_number(number) for number in numbers):
        raise damaged("slip numbers")
    if not 1 <= len(numbers) <= most or not all(before < after for before, after in pairwise(numbers)):
        raise damaged("slip numbers")
    return PrintedSlips(tuple(number.decode() for number in numbers), paper)


def read_slip_file(data: bytes, authorisation: Verified[Authorisation]) -> Verified[SlipFile]:
    """Read the file that was made with `authorisation`, short of its numbers: those need the 启用码.

    Raises:
        VerificationFailure: it is another authorisation's (check "authorisation"), altered, or no such file.
    """
    basis = authorisation.record

    def activation_key(claim: Claim[SlipFile]) -> Expected:
        _check_whose(claim.record, authorisation)
        return Expected({basis.activation.signing: "activation"}, 1)

    try:
        verified = read(data, SLIPS, activation_key)
    except Unreadable:
        raise damaged("format") from None
    except VerificationFailure as failure:
        if failure.check == "signatures":
            raise damaged(failure.check) from None
        raise
    if verified.rehearsal is not authorisation.rehearsal:
        raise damaged("payloadType")
    return verified


def _check_whose(record: SlipFile, authorisation: Verified[Authorisation]) -> None:
    """Only to say which file it is: a file that names the right authorisation still has to be signed."""
    basis = authorisation.record
    if record.authorisation_digest != authorisation.digest:
        raise VerificationFailure(
            "authorisation",
            f"这份投票凭条文件属于另一次批复（测评编号{record.round_id}，第{record.attempt}次测评），不能用于本次测评："
            "请使用与这份批复一同发来的那一份。",
        )
    if (record.round_id, record.attempt) != (basis.round_id, basis.attempt):
        raise damaged("round")
