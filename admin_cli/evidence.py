"""What a verified file proves, as tables and JSON; every `*_evidence` takes what `rounds.chain` returned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from admin_cli.figures import result_answer
from admin_cli.organisations import fingerprint_words
from admin_cli.papers.dates import chinese_date
from rounds.chain import Roots, RoundEnd
from rounds.documents import Authorisation, OrganisationCard, Result, VoidReport
from rounds.encoding import digest
from rounds.envelope import Verified
from rounds.issuing import OrganisationKey
from rounds.results import figures_of, reason_sentence, result_sentence
from rounds.sharing import HOLDER_NAMES, Holder
from rounds.trust import Grant, Link

Links = Sequence[Link]
"""Root first, as `Trust.chain` gives them."""
_ACTIVATION = "启用密钥"
_MODES = {"official": "正式", "rehearsal": "演练"}


@dataclass(frozen=True)
class Step:
    """One link of the chain that held."""

    document: str
    signed_by: str
    checked: str


@dataclass(frozen=True)
class Evidence:
    """One verified file."""

    kind: str
    """card, key, authorisation, result, void or bundle."""
    title: str
    digest: str
    issuer: str
    signers: tuple[str, ...]
    signer_keys: tuple[bytes, ...]
    """Their Ed25519 public keys, in the same order: whoever checks a signature with another program needs them."""
    facts: tuple[tuple[str, object], ...]
    steps: tuple[Step, ...]
    round_id: str | None = None
    mode: str | None = None
    sentences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the JSON answer."""

    def numbered_steps(self) -> Iterator[tuple[object, ...]]:
        """The rows of the chain's table."""
        for number, step in enumerate(self.steps, start=1):
            yield number, step.document, step.signed_by, step.checked, "通过"

    def answer(self, path: Path) -> dict[str, object]:
        """The JSON answer."""
        common = {
            "kind": self.kind,
            "valid": True,
            "round_id": self.round_id,
            "mode": self.mode,
            "digest": self.digest,
            "signers": list(self.signers),
            "signer_keys": [public.hex() for public in self.signer_keys],
            "issuer": self.issuer,
            "path": str(path),
            "chain": [
                {"document": step.document, "signed_by": step.signed_by, "checked": step.checked} for step in self.steps
            ],
        }
        return {**self.more, **common}


def card_evidence(card: Verified[OrganisationCard], roots: Roots) -> Evidence:
    """An organisation's card: it proves possession of its key, and no more."""
    record = card.record
    return _organisation("card", "组织名片", record.name, record.signing, card.digest, roots, "名称、公钥、自签名")


def key_evidence(key: OrganisationKey, data: bytes, roots: Roots) -> Evidence:
    """An organisation's key file, opened."""
    return _organisation("key", "组织密钥文件", key.name, key.public, digest(data), roots, "口令、文件完整、公私钥相符")


def _organisation(  # noqa: PLR0917  the columns of one row
    kind: str, title: str, name: str, public: bytes, sha256: str, roots: Roots, checked: str
) -> Evidence:
    enrolled = public in roots
    return Evidence(
        kind=kind,
        title=title,
        digest=sha256,
        issuer=name,
        signers=(name,),
        signer_keys=(public,),
        facts=(("名称", name), ("指纹", fingerprint_words(public)), ("本机登记", "已登记" if enrolled else "未登记")),
        steps=(Step(title, name, checked),),
        warnings=() if enrolled else ("该单位未在本机登记：核对指纹后用 trust add 登记，才认其签发的文件。",),
        more={"enrolled": enrolled, "fingerprint_words": fingerprint_words(public)},
    )


def authorisation_evidence(authorisation: Verified[Authorisation], links: Links = ()) -> Evidence:
    """An authorisation under an enrolled organisation, or one that it stands above: `links`, root first."""
    record = authorisation.record
    return Evidence(
        kind="authorisation",
        title="批复文件",
        digest=authorisation.digest,
        issuer=authorisation.signers[0],
        signers=authorisation.signers,
        signer_keys=authorisation.signer_keys,
        facts=(*_round_facts(record), ("登记注册团员", f"{record.registered}名"), ("摘要", authorisation.digest)),
        steps=_first_steps(authorisation, links),
        round_id=record.round_id,
        mode=record.mode,
        more={
            "registered": record.registered,
            "attempt": record.attempt,
            "method": record.method,
            "delegations": delegation_answers(links),
        },
    )


def result_evidence(found: RoundEnd[Result], links: Links = ()) -> Evidence:
    """A result with its whole chain, recomputed."""
    record = found.end.record
    figures = figures_of(record)
    last = Step("测评结果", _holders(found.end.signers), "票数自洽，测评结果由票数重新计算，两者相符")
    return _end_evidence(
        "result",
        "测评结果文件",
        found,
        (last,),
        (result_sentence(figures, expected=found.authorisation.record.expected), reason_sentence(figures)),
        {"figures": result_answer(record, found.end.digest, None)},
        links,
    )


def void_evidence(found: RoundEnd[VoidReport], links: Links = ()) -> Evidence:
    """A void report with its whole chain."""
    record = found.end.record
    sentence = f"本次测评已作废，票箱未开启；发出{record.issued}张，收回{record.collected}张。原因：{record.reason}"
    more = {"reason": record.reason, "issued": record.issued, "collected": record.collected}
    last = Step("作废报告", _holders(found.end.signers), "与批复、封箱报告为同一次测评")
    return _end_evidence("void", "作废报告", found, (last,), (sentence,), more, links)


def _end_evidence(  # noqa: PLR0917  the parts of one answer
    kind: str,
    title: str,
    found: RoundEnd[Result] | RoundEnd[VoidReport],
    last: tuple[Step, ...],
    sentences: tuple[str, ...],
    more: Mapping[str, object],
    links: Links,
) -> Evidence:
    basis, report = found.authorisation.record, found.zero_report.record
    sealed = Step("封箱报告", _holders(found.zero_report.signers), "与批复相符，工作人员不是被测评人，各密钥互不相同")
    officers = tuple((HOLDER_NAMES[officer.role], officer.name) for officer in report.officers)
    return Evidence(
        kind=kind,
        title=title,
        digest=found.end.digest,
        issuer=found.authorisation.signers[0],
        signers=found.end.signers,
        signer_keys=found.end.signer_keys,
        facts=(*_round_facts(basis), *officers, ("封箱时间", report.opened), ("摘要", found.end.digest)),
        steps=(*_first_steps(found.authorisation, links), sealed, *last),
        round_id=basis.round_id,
        mode=basis.mode,
        sentences=sentences,
        more={**more, "delegations": delegation_answers(links)},
    )


def _first_steps(authorisation: Verified[Authorisation], links: Links) -> tuple[Step, ...]:
    issuer, public = authorisation.signers[0], authorisation.signer_keys[0]
    above = link_steps(links) or (_root_step(issuer, public),)
    return (*above, Step("批复文件", issuer, "签名、格式和所载事项"))


def _root_step(name: str, public: bytes, *, rotated: bool = False) -> Step:
    how = "已登记，密钥已按更换书更换" if rotated else "已登记"
    return Step("上级团组织", "—", f"{name}，{how}，指纹 {fingerprint_words(public)}")


def link_steps(links: Links) -> tuple[Step, ...]:
    """Root → delegation → …, a step each."""
    steps = [_root_step(link.name, link.public, rotated=link.rotated) for link in links[:1]]
    for above, link in pairwise(links):
        changed = "，密钥已按更换书更换" if link.rotated else ""
        told = f"授权“{link.name}”批复 {link.grant.scope} 以下的测评，{_term(link.grant)}{changed}"
        steps.append(Step("密钥授权书", above.name, f"{told}，指纹 {fingerprint_words(link.public)}"))
    return tuple(steps)


def _term(grant: Grant) -> str:
    days = [chinese_date(moment) if moment else "" for moment in (grant.valid_from, grant.valid_until)]
    return f"有效期{'至'.join(days)}"


def delegation_answers(links: Links) -> list[dict[str, object]]:
    """The delegations between root and signer in JSON, from the root down; none where a root has signed."""
    return [
        {
            "issuer": above.name,
            "child": link.name,
            "key": link.public.hex(),
            "scope": link.grant.scope,
            "valid_from": link.grant.valid_from.isoformat() if link.grant.valid_from else None,
            "valid_until": link.grant.valid_until.isoformat() if link.grant.valid_until else None,
            "digest": link.grant.delegation,
        }
        for above, link in pairwise(links)
    ]


def _round_facts(record: Authorisation) -> tuple[tuple[str, object], ...]:
    return (
        ("测评", record.title),
        ("测评编号", record.round_id),
        ("性质", _MODES[record.mode]),
        ("签发单位", record.issuer),
        ("第几次测评", record.attempt),
    )


def _holders(signers: tuple[str, ...]) -> str:
    return "、".join(_ACTIVATION if signer == "activation" else HOLDER_NAMES[Holder(signer)] for signer in signers)
