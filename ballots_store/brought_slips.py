"""投票凭条 that were printed with the 批复: sealed by the clerk, taken into the box at its opening (ADR 22).

    clerk                                              hall
    draw_numbers → paper → seal_slips → F.slips        open_round(slips=F.slips): read_brought, then open_slips

Sealing is HPKE to the activation key, as a holder's share is sealed; that alone would let anybody seal numbers of his
own, so the file is signed by the activation key too. Both halves of that key need the 启用码.
"""

from __future__ import annotations

from collections.abc import Sequence

from ballots_store.sealing import open_share, seal_share
from ballots_store.slip_making import check_no_roster
from rounds.documents import SLIPS, Authorisation, SlipFile
from rounds.envelope import Verified, sign
from rounds.errors import BadInput, VerificationFailure
from rounds.keys import SecretKeys
from rounds.slip_file import PrintedSlips, damaged, pack_slips, read_slip_file, unpack_slips

_PURPOSE = b"beikaobei printed slips v1"


def seal_slips(
    numbers: Sequence[str], paper: bytes, authorisation: Verified[Authorisation], activation: SecretKeys
) -> bytes:
    """The `.slips` file of `numbers`; `paper`: SHA-256 of the file that was printed with them.

    Raises:
        RuleRefusal: the round has a roster.
        BadInput: more slips than people who may vote, or none.
    """
    basis = authorisation.record
    check_no_roster(basis)
    if not 1 <= len(numbers) <= basis.expected:
        raise BadInput(f"投票凭条须为1至{basis.expected}张（应参加人数）：请核对登记注册团员数。")
    record = SlipFile(
        attempt=basis.attempt,
        authorisation_digest=authorisation.digest,
        round_id=basis.round_id,
        sealed=seal_share(
            pack_slips(numbers, paper), _PURPOSE, basis.activation.sealing, bytes.fromhex(authorisation.digest)
        ),
    )
    return sign(record, SLIPS.payload_type(rehearsal=authorisation.rehearsal), [activation.signing])


def read_brought(data: bytes, authorisation: Verified[Authorisation]) -> Verified[SlipFile]:
    """Everything about the file that can be refused before the 启用码 is typed.

    Raises:
        RuleRefusal: the round has a roster.
        VerificationFailure: it is another authorisation's, altered, or no such file.
    """
    check_no_roster(authorisation.record)
    return read_slip_file(data, authorisation)


def open_slips(data: bytes, authorisation: Verified[Authorisation], activation: SecretKeys) -> PrintedSlips:
    """The numbers in the file, as the 启用码 opens them.

    Raises:
        RuleRefusal, VerificationFailure: as `read_brought`; or the numbers do not open or are none.
    """
    file = read_brought(data, authorisation).record
    try:
        content = open_share(file.sealed, _PURPOSE, activation.sealing, bytes.fromhex(authorisation.digest))
    except VerificationFailure:
        raise damaged("seal") from None
    return unpack_slips(content, authorisation.record.expected)
