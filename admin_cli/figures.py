"""A result as people and scripts see it: figures, sentence, reason; below quorum no count of either choice."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import asdict

from admin_cli.output import Output
from rounds.documents import AUTHORISATION, ZERO_REPORT, Result
from rounds.encoding import decode
from rounds.envelope import Envelope, Kind, T, decode_payload
from rounds.results import (
    OUTCOME_NAMES,
    PRIORITY_NAMES,
    claimed_slips,
    figures_of,
    is_stationed,
    reason_sentence,
    result_sentence,
)
from rounds.rules import Outcome, quorum_met
from rounds.sharing import HOLDER_NAMES
from rounds.words import BOX_WORDS, words


def show_result(output: Output, record: Result, path: Path | None) -> None:
    """The figures, the sentence that is announced, the reason, the priorities earned."""
    output.facts("测评结果（演练）" if record.chain.mode == "rehearsal" else "测评结果", _rows(record, path))
    figures = figures_of(record)
    output.lines(result_sentence(figures, expected=expected(record)), reason_sentence(figures))
    if _key_storage(record) == "same_disk":
        output.lines("密钥与票箱同在本机磁盘（未使用票箱U盘），保护较弱。")
    if record.below_quorum_reason:
        output.lines(f"结束的原因：{record.below_quorum_reason}")
    for priority in record.priorities:
        output.lines(f"可作为{PRIORITY_NAMES[priority]}。")
    if record.outcome is Outcome.UNSATISFIED:
        output.lines("应按照组织程序和有关规定予以免职，并重新推选；相关情况及时向同级党组织和上一级团组织报告。")


def _rows(record: Result, path: Path | None) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("测评编号", record.chain.round_id),
        ("登记注册团员", record.registered),
        ("实到", record.present),
        ("发出", record.issued),
        ("收回", record.collected),
        ("未交回" if is_stationed(record) else "未投", record.issued - record.collected),
    ]
    if (slips := claimed_slips(record)) is not None:
        rows += [("制作凭条", slips.made), ("未发出凭条", slips.leftover)]
    if record.outcome is not Outcome.INVALID:
        rows += [
            ("有效", record.valid),
            ("无效", record.invalid),
            ("满意", record.satisfied),
            ("不满意", record.unsatisfied),
            ("满意度", f"{record.rate_percent}%"),
        ]
    rows += [
        ("测评结果", OUTCOME_NAMES[record.outcome]),
        ("封箱码", seal_words(record)),
        ("签名", "、".join(HOLDER_NAMES[signer] for signer in record.signers)),
        ("启用应急码", "是" if record.conduct.emergency_used else "否"),
    ]
    return [*rows, ("结果文件", path)] if path else rows


def _key_storage(record: Result) -> str:
    """Where the keys lay, as the zero report in the result says."""
    zero_report = decode(record.chain.zero_report.encode(), Envelope, ZERO_REPORT.title, ZERO_REPORT.cap)
    return decode_payload(zero_report, ZERO_REPORT).key_storage


def expected(record: Result) -> int:
    """应参加: the members who were expected to take part, as the authorisation in the result says."""
    authorisation = decode(record.chain.authorisation.encode(), Envelope, AUTHORISATION.title, AUTHORISATION.cap)
    return decode_payload(authorisation, AUTHORISATION).expected


def seal_words(record: Result) -> str:
    """封箱码: the words of the box's seal."""
    return words(bytes.fromhex(record.box_seal), BOX_WORDS)


def record_of(data: bytes, kind: Kind[T]) -> T:
    """The record in this home's own signed file, for showing."""
    return decode_payload(decode(data, Envelope, kind.title, kind.cap), kind)


def result_answer(record: Result, digest: str, path: Path | None) -> dict[str, object]:
    """The JSON of a result; `digest`: SHA-256 of its payload, hex."""
    answer: dict[str, object] = asdict(figures_of(record))
    slips = claimed_slips(record)
    return answer | {
        "quorum_met": quorum_met(record.registered, record.collected),
        "round_id": record.chain.round_id,
        "mode": record.chain.mode,
        "below_quorum_reason": record.below_quorum_reason or None,
        "signers": list(record.signers),
        "emergency_used": record.conduct.emergency_used,
        "seal_words": seal_words(record),
        "slips": {"made": slips.made, "leftover": slips.leftover, "wrong": slips.wrong} if slips else None,
        "digest": digest,
        "path": str(path) if path else None,
    }
