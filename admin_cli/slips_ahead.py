"""投票凭条 drawn where the 批复 is signed: the sheet to print, and the file that tells the box its numbers (ADR 22)."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from admin_cli.slips_sheet import slips_document
from ballots_store.brought_slips import seal_slips
from ballots_store.slip_making import SlipSheet
from rounds.chain import read_authorisation
from rounds.errors import BadInput
from rounds.issuing import IssuedAuthorisation, OrganisationKey
from rounds.slips import draw_numbers

SUFFIX = ".slips"


def slips_ahead(issued: IssuedAuthorisation, key: OrganisationKey) -> tuple[bytes, bytes]:
    """The .docx and the `.slips` file of a round's slips, one for everybody who may vote.

    Raises:
        RuleRefusal: the round has a roster.
        BadInput: nobody may vote.
    """
    authorisation = read_authorisation(issued.data, {key.public: key.name})
    basis = authorisation.record
    numbers = draw_numbers(basis.expected, secrets.token_bytes)
    sheet = SlipSheet(
        title=basis.title,
        box_words="",
        rehearsal=authorisation.rehearsal,
        opens=basis.opens,
        closes=basis.closes,
        numbers=numbers,
        round_id=basis.round_id,
    )
    paper = slips_document(sheet)
    return paper, seal_slips(numbers, hashlib.sha256(paper).digest(), authorisation, issued.activation)


def slips_paths(paper: Path) -> tuple[Path, Path]:
    """Where the two files go when the sheet goes to `paper`: the second beside it, with a suffix of its own.

    Raises:
        BadInput: the sheet would not bear the name of a Word file.
    """
    if paper.suffix.lower() != ".docx":
        raise BadInput(f"--slips 须写明凭条的 Word 文件（.docx），{SUFFIX} 文件随之写在旁边：请换一个文件名。")
    return paper, paper.with_suffix(SUFFIX)
