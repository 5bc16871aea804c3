"""`trust delegate|rotate|revoke|import`: signed documents by which organisations' keys come and go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from admin_cli.inputs import FILE, MOMENT
from admin_cli.newfiles import NewFiles
from admin_cli.organisations import trusted_roots
from admin_cli.registries import registry_option, registry_to_write
from admin_cli.secrets_in import Secret, existing
from admin_cli.session import Session, command
from ballots_store.files import read_capped
from canvass.registry import Registry
from canvass.trusting import import_trust, signed_by, trust_state
from rounds import keyfile
from rounds.chain import kind_of, read_card
from rounds.documents import AUTHORISATION, CARD
from rounds.encoding import decode, digest
from rounds.envelope import Envelope
from rounds.errors import BadInput
from rounds.issuing import OrganisationKey, open_organisation_key
from rounds.keys import fingerprint
from rounds.trust import trust_kind
from rounds.trust_documents import TRUST_KINDS
from rounds.trust_issuing import delegate, revoke, rotate

_CAP = max(kind.cap for kind in TRUST_KINDS)
_org_key = click.option("--org-key", required=True, type=FILE, metavar="F.key", help="本单位的组织密钥文件。")


def _out(suffix: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--out", required=True, type=FILE, metavar=f"F{suffix}", help="写出的文件，交上下级用 trust import 登记。"
    )


@command(
    "delegate",
    "授权下级团组织批复其路径以下的测评，写出密钥授权书。",
    example="trust delegate xueyuan.pub --org-key org.key --scope /50/5001/"
    " --from 2017-03-01T00:00:00+08:00 --until 2018-03-01T00:00:00+08:00 --out xueyuan.delegation",
)
@click.argument("card", metavar="CHILD.pub", type=FILE)
@_org_key
@click.option(
    "--scope", required=True, metavar="路径", help="授权范围：台账中的路径，各级代码以斜线相连，如 /50/5001/。"
)
@click.option("--from", "starts", required=True, type=MOMENT, metavar="T", help="生效时间。")
@click.option("--until", "ends", required=True, type=MOMENT, metavar="T", help="失效时间。")
@_out(".delegation")
@registry_option
def delegate_command(
    session: Session, *, card: Path, org_key: Path, scope: str, starts: str, ends: str, out: Path
) -> None:
    """Sign a delegation and let it count in this registry at once."""
    child = read_capped(card, CARD.cap, "组织名片")
    now = session.now()
    with NewFiles(out) as files, registry_to_write(session) as registry:
        key = _open(org_key, Secret.ORG_PASSPHRASE)
        trust = trust_state(registry, _roots(session))
        data = delegate(trust, key, child, scope=scope, valid=(starts, ends), now=now)
        _write(session, registry, files, out, data)
    name = read_card(child).record.name
    session.output.lines(f"已授权“{name}”批复 {scope} 以下的测评：{out}")
    session.output.answer({"path": str(out), "child": name, "scope": scope})


@command(
    "rotate",
    "更换本单位的密钥：新旧两把密钥共同签名，写出密钥更换书。新密钥先用 keys new 以原名称生成。",
    example="trust rotate --org-key old.key --new-key new.key --out org.rotation",
)
@_org_key
@click.option("--new-key", required=True, type=FILE, metavar="F.key", help="新的组织密钥文件。")
@_out(".rotation")
@registry_option
def rotate_command(session: Session, org_key: Path, new_key: Path, out: Path) -> None:
    """Sign a rotation and let it count in this registry at once."""
    with NewFiles(out) as files, registry_to_write(session) as registry:
        old, new = _open(org_key, Secret.ORG_PASSPHRASE), _open(new_key, Secret.NEW_ORG_PASSPHRASE)
        _write(session, registry, files, out, rotate(old, new, now=session.now()))
    session.output.lines(f"已更换“{old.name}”的密钥：{out}。旧密钥如已泄露，须由上级另行吊销。")
    session.output.answer({"path": str(out), "old": fingerprint(old.public), "new": fingerprint(new.public)})


@command(
    "revoke",
    "吊销下级团组织的密钥，写出密钥吊销书；此前吊销的一并列入，不得撤回。\n"
    "登记库中已有结果的批复仍予承认；尚无结果而仍予承认的批复，用 --honour 逐份指明。",
    example="trust revoke xueyuan.pub --org-key org.key --honour r.auth --out 2017.revocation",
)
@click.argument("card", metavar="CHILD.pub", type=FILE)
@_org_key
@click.option("--honour", multiple=True, type=FILE, metavar="F", help="仍予承认的批复（.auth）或密钥授权书，可多次。")
@_out(".revocation")
@registry_option
def revoke_command(session: Session, card: Path, org_key: Path, honour: tuple[Path, ...], out: Path) -> None:
    """Sign a revocation and let it count in this registry at once."""
    child = read_card(read_capped(card, CARD.cap, "组织名片")).record
    given = {_digest_of(path) for path in honour}
    with NewFiles(out) as files, registry_to_write(session) as registry:
        key = _open(org_key, Secret.ORG_PASSPHRASE)
        honoured = given | set(signed_by(registry, child.signing))
        trust = trust_state(registry, _roots(session))
        _write(session, registry, files, out, revoke(trust, key, {child.signing: honoured}, now=session.now()))
    session.output.lines(f"已吊销“{child.name}”的密钥，仍予承认的文件{len(honoured)}份：{out}")
    session.output.answer({"path": str(out), "child": child.name, "honoured": sorted(honoured)})


@command(
    "import",
    "登记密钥授权书、密钥更换书、密钥吊销书：逐级核验签名，此后的导入即按此认定。",
    example="trust import xueyuan.delegation",
)
@click.argument("files", metavar="F…", nargs=-1, required=True, type=FILE)
@registry_option
def import_command(session: Session, files: tuple[Path, ...]) -> None:
    """Take in documents, in the order in which they are named."""
    taken = []
    with registry_to_write(session) as registry:
        for path in files:
            data = read_capped(path, _CAP, "密钥文件")
            new = import_trust(registry, data, roots=_roots(session), now=session.now())
            title = trust_kind(data).title
            session.output.lines(f"{title}{'已登记' if new else '此前已登记'}：{path}")
            taken.append({"path": str(path), "kind": title, "new": new is not None})
    session.output.answer({"files": taken})


def _open(path: Path, secret: Secret) -> OrganisationKey:
    data = read_capped(path, keyfile.MAX_SIZE, "组织密钥文件")
    keyfile.read_key_file(data)
    return open_organisation_key(data, existing(secret))


def _roots(session: Session) -> dict[bytes, str]:
    return trusted_roots(session.home, None)


def _write(session: Session, registry: Registry, files: NewFiles, out: Path, data: bytes) -> None:
    """Only what this home's own registry accepts leaves; and what cannot be written does not count."""
    import_trust(registry, data, roots=_roots(session), now=session.now(), before_commit=lambda: files.write(out, data))


def _digest_of(path: Path) -> str:
    data = read_capped(path, _CAP, "仍予承认的文件")
    kind = kind_of(data)
    if kind is not AUTHORISATION and kind not in TRUST_KINDS:
        raise BadInput(f"“{path}”是{kind.title}：--honour 只能指明批复（.auth）或密钥授权书。")
    return digest(decode(data, Envelope, kind.title, kind.cap).payload)
