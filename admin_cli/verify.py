"""`verify`: what a file is, who signed it, and whether the chain behind it holds, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from admin_cli.evidence import (
    Evidence,
    authorisation_evidence,
    card_evidence,
    key_evidence,
    result_evidence,
    void_evidence,
)
from admin_cli.inputs import FILE
from admin_cli.organisations import trusted_roots
from admin_cli.secrets_in import Secret, existing
from admin_cli.session import Session, command
from ballots_store.files import read_capped
from rounds import keyfile
from rounds.chain import KINDS, Roots, kind_of, read_authorisation, read_card, read_result, read_void_report
from rounds.documents import AUTHORISATION, CARD, RESULT, SLIPS, VOID
from rounds.errors import BadInput, RoundError, Unreadable, VerificationFailure
from rounds.issuing import open_organisation_key
from rounds.trust_documents import TRUST_KINDS

_CAP = max(kind.cap for kind in KINDS if kind not in TRUST_KINDS)
_READERS: Mapping[str, Callable[[bytes, Roots], Evidence]] = {
    CARD.title: lambda data, roots: card_evidence(read_card(data), roots),
    AUTHORISATION.title: lambda data, roots: authorisation_evidence(read_authorisation(data, roots)),
    RESULT.title: lambda data, roots: result_evidence(read_result(data, roots)),
    VOID.title: lambda data, roots: void_evidence(read_void_report(data, roots)),
}


@command(
    "verify",
    "核验一个文件（.pub .auth .result .void .key）：是什么、谁签的、依据链是否逐级完整。\n"
    "签发单位须在本机登记（trust add），或用 --trust 指明；.key 须输入密钥口令。",
    example="verify r.result\nverify r.result --trust org.pub",
)
@click.argument("file", metavar="F", type=FILE)
@click.option("--trust", "card", type=FILE, metavar="ORG.pub", help="本次采用的上级团组织名片（已登记的不必）。")
def verify(session: Session, file: Path, card: Path | None) -> None:
    """Verify one file and show its chain."""
    roots = trusted_roots(session.home, card)
    data = read_capped(file, _CAP, "待核验的文件")
    try:
        evidence = _evidence(data, roots)
    except (VerificationFailure, Unreadable) as error:
        check = error.check if isinstance(error, VerificationFailure) else "format"
        session.output.answer({"valid": False, "check": check, "reason": str(error), "path": str(file)})
        if isinstance(error, Unreadable):
            raise Unreadable(f"{error}（未通过的检查：{check}）") from None
        raise
    _show(session, evidence, file)


def _evidence(data: bytes, roots: Roots) -> Evidence:
    """What `data` proves.

    Raises:
        BadInput: a document that is only verified inside another one.
        Unreadable, VerificationFailure: it does not hold.
    """
    if _is_key_file(data):
        return key_evidence(open_organisation_key(data, existing(Secret.ORG_PASSPHRASE)), data, roots)
    kind = kind_of(data)
    if kind.title not in _READERS:
        if kind in TRUST_KINDS:
            raise BadInput(f"{kind.title}须与登记库中的密钥一并核验：请用 trust import 核验并登记。")
        if kind is SLIPS:
            raise BadInput(f"{kind.title}须连同批复一并核验：封箱时由 open F.auth --slips F.slips 核验。")
        raise BadInput(f"{kind.title}须连同批复一并核验：请核验结果文件（.result），其中含有它。")
    return _READERS[kind.title](data, roots)


def _is_key_file(data: bytes) -> bool:
    """Whether it reads as a key file, or says that it is one: then its own fault is the one to report."""
    try:
        keyfile.read_key_file(data)
    except RoundError:
        if b'"format":"beikaobei-key' in data[:64]:
            raise
        return False
    return True


def _show(session: Session, evidence: Evidence, file: Path) -> None:
    output = session.output
    output.facts(f"核验通过：{evidence.title}", [("文件", file), *evidence.facts])
    output.table("依据链", ("步骤", "文件", "签名", "核对内容", "结果"), evidence.numbered_steps())
    output.lines(*evidence.sentences)
    for warning in evidence.warnings:
        output.warn(warning)
    output.answer(evidence.answer(file))
