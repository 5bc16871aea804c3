"""What a verified bundle proves: who handed it up, by which chain, what it lists, and what each document in it is."""

from __future__ import annotations

from admin_cli.evidence import Evidence, Step, delegation_answers, link_steps
from canvass.bundle_checking import CheckedBundle
from canvass.bundle_import import STATE_NAMES
from rounds.bundles import RoundState
from rounds.errors import VerificationFailure


def bundle_evidence(checked: CheckedBundle) -> Evidence:
    """A bundle all of whose documents hold."""
    manifest, record = checked.manifest, checked.manifest.record
    told = "，".join(f"{STATE_NAMES[RoundState(state)]}{count}次" for state, count in _states(checked).items())
    contents = "，".join(f"{title}{count}份" for title, count in checked.counts.items()) or "没有随附文件"
    listed = Step("报送包清单", record.organisation, f"签名、内容摘要、随附文件{record.documents}份；{checked.place}")
    return Evidence(
        kind="bundle",
        title="报送包",
        digest=manifest.digest,
        issuer=record.organisation,
        signers=manifest.signers,
        signer_keys=manifest.signer_keys,
        facts=(
            ("报送单位", record.organisation),
            ("报送次序", f"第{record.sequence}次；{checked.place}"),
            ("上一次的摘要", record.previous or None),
            ("报送时间", record.issued),
            ("授权范围", "、".join(checked.scopes)),
            ("清单所列测评", f"{len(record.rounds)}次（{told}）"),
            ("摘要", manifest.digest),
        ),
        steps=(*link_steps(checked.links), listed, Step("随附文件", "各文件的签名人", contents)),
        sentences=(f"随附文件{record.documents}份逐份核验通过：{contents}。",),
        warnings=(_TRAVELLING,) if checked.travelling else (),
        more=bundle_fields(checked),
    )


_TRAVELLING = "报送单位的密钥授权书只在包内，本机尚未登记：导入前请先用 trust import 登记该授权书。"


def _states(checked: CheckedBundle) -> dict[str, int]:
    rounds = checked.manifest.record.rounds
    return {state: sum(listed.state is state for listed in rounds) for state in RoundState}


def bundle_fields(checked: CheckedBundle) -> dict[str, object]:
    """What a bundle says and holds, in JSON; also of one with documents that do not hold."""
    record = checked.manifest.record
    return {
        "organisation": record.organisation,
        "sequence": record.sequence,
        "previous": record.previous or None,
        "place": checked.place,
        "issued": record.issued,
        "scopes": list(checked.scopes),
        "rounds": len(record.rounds),
        "states": _states(checked),
        "documents": record.documents,
        "counts": dict(checked.counts),
        "failed": checked.failed,
        "failures": [{"number": number, "reason": reason} for number, reason in checked.failures],
        "delegations": delegation_answers(checked.links),
        "trust_travels": checked.travelling,
    }


def refuse_failed(checked: CheckedBundle) -> None:
    """One line for all documents that do not hold.

    Raises:
        VerificationFailure: there are any.
    """
    if checked.failed:
        number, reason = checked.failures[0]
        count = f"（共{checked.failed}份未通过）" if checked.failed > 1 else ""
        raise VerificationFailure("documents", f"报送包中第{number}份文件未通过核验：{reason}{count}")
