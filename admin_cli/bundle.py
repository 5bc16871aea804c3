"""`bundle`: what this organisation hands up to the level above, and how `import` shows one that came from below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import click

from admin_cli.inputs import COUNT, FILE
from admin_cli.organisations import trusted_roots
from admin_cli.registries import registry_option, registry_to_read, registry_to_write
from admin_cli.secrets_in import Secret, existing
from admin_cli.session import Session, command
from admin_cli.staging import Staged
from ballots_store.files import read_capped
from canvass.bundle_import import STATE_NAMES, BundleFate, import_bundle, in_order
from canvass.bundles import SUFFIX, write_bundle
from canvass.handing_up import Handover, documents, last_handover, plan_next, remember
from canvass.importing import Fate, FileFate, shown
from canvass.registry import Registry
from canvass.senders import Doubts, doubts_about
from rounds import keyfile
from rounds.bundles import RoundState
from rounds.chain import Roots
from rounds.errors import BadInput
from rounds.issuing import OrganisationKey, open_organisation_key

_AGAIN = "本次报送已登记，请检查磁盘后用 bundle --again 取出同一份。"


@command(
    "bundle",
    "生成报送包，报上一级团组织：清单列出本单位（含下级）批复的全部测评及其状态，随附此前未报送的结果文件。\n"
    "报送包依次编号、前后相连，须按次序报送；文件遗失的，用 --again 再写一份，内容一字不差。\n"
    "登记库中没有可报送的测评时，不生成第1次报送包。",
    example="bundle --org-key org.key --out 第1次报送.bundle\nbundle --again --org-key org.key --out 补报.bundle",
)
@click.option("--org-key", required=True, type=FILE, metavar="F.key", help="本单位的组织密钥文件。")
@click.option("--out", required=True, type=FILE, metavar="F.bundle", help="写出的报送包。")
@click.option("--year", type=COUNT, metavar="年", help="只报送这一测评年度的；此前已列入清单的仍列入。")
@click.option("--again", is_flag=True, help="不生成新的，把最近一次的报送包再写一份。")
@registry_option
def bundle(session: Session, org_key: Path, out: Path, year: int | None, again: bool) -> None:
    """Make the next bundle, or write the last one again."""
    if out.suffix.lower() != SUFFIX:
        raise BadInput(f"--out 的文件名须以 {SUFFIX} 结尾。")
    if again and year is not None:
        raise BadInput("--again 取出的是上一次的报送包，不能另选 --year。")
    with Staged(out) as file:
        data = read_capped(org_key, keyfile.MAX_SIZE, "组织密钥文件")
        keyfile.read_key_file(data)
        key = open_organisation_key(data, existing(Secret.ORG_PASSPHRASE))
        roots = trusted_roots(session.home, None)
        # Written first, remembered next, named last: cut off anywhere, no two bundles of one number can leave.
        with registry_to_read(session) as registry:
            made = _handover(registry, key, roots, session.now(), year=year, again=again)
            file.write(lambda stream: write_bundle(stream, made.manifest.data, documents(registry, made)))
            if not again:
                _warn_of_sender(session, made, doubts_about(registry, made, roots=roots))
        if not again:
            with registry_to_write(session) as registry:
                remember(registry, made, now=session.now())
        file.publish(_AGAIN)
    _show(session, out, made)


def _warn_of_sender(session: Session, made: Handover, doubts: Doubts) -> None:
    """Say what speaks against the key; whoever has several may have taken the wrong one."""
    name = made.manifest.record.organisation
    if doubts.others:
        listed = "、".join(f"“{other}”" for other in doubts.others)
        session.output.warn(f"本登记库此前由{listed}报送过，本次却由“{name}”报送：请核对 --org-key 是否用错。")
    if doubts.foreign:
        session.output.warn(
            f"清单中有{doubts.foreign}次测评既不是“{name}”或其下级批复的，也不在其范围内，上级不会采用："
            "请核对 --org-key 和 --registry 是否用错。"
        )


def _handover(
    registry: Registry, key: OrganisationKey, roots: Roots, now: datetime, *, year: int | None, again: bool
) -> Handover:
    if again:
        return last_handover(registry, key, roots=roots)
    return plan_next(registry, key, roots=roots, now=now, year=year)


def _show(session: Session, out: Path, made: Handover) -> None:
    record = made.manifest.record
    states = {state: sum(listed.state is state for listed in record.rounds) for state in RoundState}
    told = "，".join(f"{STATE_NAMES[state]}{count}次" for state, count in states.items())
    session.output.lines(
        f"“{record.organisation}”第{record.sequence}次报送包已写出：{out}",
        f"清单列测评{len(record.rounds)}次（{told}），随附文件{record.documents}份。请按次序报送，勿漏报。",
    )
    session.output.answer(
        {
            "path": str(out),
            "organisation": record.organisation,
            "sequence": record.sequence,
            "digest": made.manifest.digest,
            "rounds": len(record.rounds),
            "states": states,
            "documents": record.documents,
            "ends": len(made.end_ids),
        }
    )


def bundles_in(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The bundles among `paths`, by their suffix, and the other files."""
    listed = list(paths)
    found = [path for path in listed if path.suffix.lower() == SUFFIX]
    return found, [path for path in listed if path.suffix.lower() != SUFFIX]


def bundle_fates(
    registry: Registry, paths: Iterable[Path], done: list[BundleFate], *, roots: Roots, now: datetime, year: int | None
) -> Iterator[FileFate]:
    """Take in bundles by their sequence, yielding every document's fate, and that of a bundle with something wrong.

    `done` gets each bundle as it is begun.

    Raises:
        Unreadable: the registry itself failed.
    """
    for path in in_order(paths, registry, roots):
        fate = BundleFate(shown(path))
        done.append(fate)
        yield from import_bundle(registry, path, fate, roots=roots, now=now, year=year)
        if fate.fate in {Fate.REJECTED, Fate.CONFLICT}:
            yield FileFate(fate.path, fate.fate, fate.reason)


def show_bundles(session: Session, done: list[BundleFate]) -> None:
    """What each bundle said, and where this registry sees it otherwise."""
    for fate in done:
        if fate.fate is Fate.REJECTED:
            continue
        told = "，".join(f"{STATE_NAMES[RoundState(state)]}{count}次" for state, count in fate.states().items())
        session.output.lines(
            f"报送包 {fate.path}：“{fate.organisation}”第{fate.sequence}次，清单列测评{len(fate.rounds)}次（{told}）。"
        )
        session.output.lines(*(f"不符：{line}" for line in fate.contradictions))


def bundle_answer(fate: BundleFate) -> dict[str, object]:
    """One bundle in JSON."""
    return {
        "path": fate.path,
        "fate": fate.fate,
        "reason": fate.reason,
        "organisation": fate.organisation,
        "sequence": fate.sequence,
        "rounds": len(fate.rounds),
        "states": fate.states(),
        "trust": fate.trust,
        "contradictions": fate.contradictions,
    }
