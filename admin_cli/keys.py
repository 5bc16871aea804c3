"""`keys new` and `keys show`: the organisation key, the one long-lived key of this house."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import click

from admin_cli.inputs import FILE, NAME
from admin_cli.newfiles import NewFiles
from admin_cli.organisations import fingerprint_words, identity
from admin_cli.secrets_in import Secret, existing, is_set, new
from admin_cli.session import Session, command, group
from ballots_store.files import read_capped
from ballots_store.home import Home
from ballots_store.trust import enrol, enrolled
from rounds import keyfile
from rounds.chain import read_card
from rounds.documents import CARD
from rounds.errors import BadInput, Unreadable
from rounds.issuing import new_organisation, open_organisation_key


@command(
    "new",
    "生成上级团组织的密钥，并在本机登记。\nF.key 由口令保护，妥善保管；F.pub 是名片，发给各现场登记（trust add）。",
    example="keys new --name 共青团某大学委员会 --out org.key",
)
@click.option("--name", required=True, type=NAME, metavar="名称", help="团组织全称。")
@click.option("--out", required=True, type=FILE, metavar="F.key", help="密钥文件；名片写在同处的 F.pub。")
def new_command(session: Session, name: str, out: Path) -> None:
    """Make an organisation key and its card, and enrol it here."""
    card_path = _card_path(out)
    public = make_organisation(session.home, name, lambda: new(Secret.ORG_PASSPHRASE), out)
    session.output.facts("已生成组织密钥", [("名称", name), ("密钥文件", out), ("名片", card_path)])
    session.output.lines(f"指纹：{fingerprint_words(public)}（请当面或电话核对）")
    session.output.answer({**identity(name, public), "key": str(out), "card": str(card_path)})


def make_organisation(home: Home, name: str, passphrase: Callable[[], str], out: Path) -> bytes:
    """Write a new organisation key to `out` and its card beside it, and enrol it in `home`; its public key.

    `passphrase` is asked for once the files are known to be writable.

    Raises:
        Unreadable: a file exists or can't be written.
        BadInput: the name or the passphrase will not do.
    """
    card_path = _card_path(out)
    with NewFiles(out, card_path) as files:
        key, card = new_organisation(name, passphrase(), secrets.token_bytes)
        files.write(out, key)
        files.write(card_path, card)
        return enrol(home, card).record.signing


def _card_path(out: Path) -> Path:
    if out.suffix == ".pub" or not out.name:
        raise BadInput("--out 须为密钥文件名，形如 org.key；名片由程序写在同处的 .pub。")
    return out.with_suffix(".pub")


@command(
    "show",
    "查看 .key 或 .pub 文件：名称和指纹。\n"
    ".key 不询问口令，因此不核验；核验用 verify，或由脚本设置 BEIKAOBEI_ORG_PASSPHRASE。",
    example="keys show org.pub",
)
@click.argument("file", metavar="F", type=FILE)
def show_command(session: Session, file: Path) -> None:
    """Show a key file or a card; a key file is verified only where a script has given the passphrase."""
    name, public, kind, verified = _read(read_capped(file, max(CARD.cap, keyfile.MAX_SIZE), "密钥文件或名片"))
    is_enrolled = public in enrolled(session.home)
    rows = [
        ("文件", file),
        ("名称", name),
        ("指纹", fingerprint_words(public)),
        ("本机登记", "已登记" if is_enrolled else "未登记"),
    ]
    session.output.facts("组织密钥" if kind == "key" else "组织名片", rows)
    if not verified:
        session.output.warn("未输入口令，所示内容未经核验：核验请用 verify。")
    session.output.answer(
        {
            **identity(name, public),
            "kind": kind,
            "path": str(file),
            "enrolled": is_enrolled,
            "verified": verified,
        }
    )


def _read(data: bytes) -> tuple[str, bytes, str, bool]:
    """Name, public key and kind of a key file or a card, and whether that is verified."""
    try:
        file = keyfile.read_key_file(data)
    except Unreadable:
        card = read_card(data).record
        return card.name, card.signing, "pub", True
    if is_set(Secret.ORG_PASSPHRASE):
        open_organisation_key(data, existing(Secret.ORG_PASSPHRASE))
        return file.name, file.public, "key", True
    return file.name, file.public, "key", False


keys = group("keys", "上级团组织的密钥：生成、查看。", [new_command, show_command])
