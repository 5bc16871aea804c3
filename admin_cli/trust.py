"""`trust add` and `trust list`: the organisations whose signature this home believes."""

from __future__ import annotations

from pathlib import Path

import click

from admin_cli.delegating import delegate_command, import_command, revoke_command, rotate_command
from admin_cli.inputs import FILE
from admin_cli.organisations import fingerprint_words, identity
from admin_cli.secrets_in import interactive, question
from admin_cli.session import Session, command, group
from ballots_store.files import read_capped
from ballots_store.trust import enrol, enrolled
from rounds.chain import read_card
from rounds.documents import CARD, OrganisationCard
from rounds.errors import BadInput, RuleRefusal


@command("add", "登记上级团组织的名片：先显示名称和指纹，核对后登记。", example="trust add org.pub")
@click.argument("file", metavar="F.pub", type=FILE)
@click.option("--yes", is_flag=True, help="指纹已核对，不再询问（供脚本使用）。")
def add_command(session: Session, file: Path, yes: bool) -> None:
    """Enrol an organisation after somebody has compared its fingerprint."""
    data = read_capped(file, CARD.cap, "组织名片")
    card = read_card(data).record
    if not yes:
        _confirm(card)
    enrol(session.home, data)
    session.output.lines(f"已登记：{card.name}（指纹 {fingerprint_words(card.signing)}）")
    session.output.answer({**identity(card.name, card.signing), "enrolled": True})


def _confirm(card: OrganisationCard) -> None:
    if not interactive():
        raise BadInput("须有人核对指纹：请在终端上运行；已核对的，加 --yes。")
    click.echo(f"名称：{card.name}\n指纹：{fingerprint_words(card.signing)}", err=True)
    if question("与对方当面或电话核对指纹一致吗？1一致，登记 2不一致，不登记", ("1", "2")) == "2":
        raise RuleRefusal("指纹未核对一致，没有登记：请向上级团组织重新索取名片。")


@command("list", "列出本机登记的上级团组织。", example="trust list")
def list_command(session: Session) -> None:
    """List the enrolled organisations."""
    roots = sorted(enrolled(session.home).items(), key=lambda root: (root[1], root[0]))
    if roots:
        session.output.table(
            "本机登记的上级团组织", ("名称", "指纹"), [(name, fingerprint_words(key)) for key, name in roots]
        )
    else:
        session.output.lines("本机还没有登记上级团组织：请用 trust add 登记对方的名片（.pub）。")
    session.output.answer({"organisations": [identity(name, key) for key, name in roots]})


trust = group(
    "trust",
    "登记上级团组织的名片，只认登记过的单位签发的文件；授权、更换、吊销密钥。",
    [add_command, list_command, delegate_command, rotate_command, revoke_command, import_command],
)
