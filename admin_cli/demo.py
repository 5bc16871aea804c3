"""`demo`: a whole rehearsal by itself, through the functions of a real round, in a folder that is removed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from admin_cli.figures import result_answer, show_result
from admin_cli.organisations import fingerprint_words
from admin_cli.output import Output
from admin_cli.session import Session, command
from ballots_store.box import BallotBox
from ballots_store.closing import Closed, CloseRequest, close_round
from ballots_store.files import write_new
from ballots_store.rehearsal import Rehearsal, make_rehearsal
from canvass.importing import FileFate, import_files
from canvass.registry import open_registry
from rounds.chain import RoundEnd, read_result
from rounds.choices import Choice
from rounds.documents import Result
from rounds.sharing import Holder

_MEMBERS = 6
_CHOICES = (Choice.SATISFIED, Choice.UNSATISFIED, Choice.SATISFIED, Choice.BLANK, Choice.SATISFIED)
_PIN_TRIED_AT = 0.0
"""The monotonic instant of each 开启口令: no wrong one is tried, so no waiting time is measured."""


@dataclass
class _Story:
    """What has been told so far."""

    output: Output
    steps: list[dict[str, str]] = field(default_factory=list)

    def tell(self, step: str, *lines: str) -> None:
        """One step of README's flow table and what came of it."""
        number = len(self.steps) + 1
        self.steps.append({"step": step, "text": "".join(lines)})
        self.output.lines(f"【{number} {step}】", *(f"  {line}" for line in lines))


@command(
    "demo",
    "自动演练一次完整的测评：批复、封箱、5人投票、开箱计票、核验、报送，逐步显示。\n"
    "全部在临时文件夹中进行，结束后删除；不提任何问题，不影响本机的测评。",
    example="demo",
)
def demo(session: Session) -> None:
    """Run a whole rehearsal round and tell each step."""
    story = _Story(session.output)
    with tempfile.TemporaryDirectory(prefix="beikaobei-demo-") as folder:
        place = Path(folder)
        rehearsal = make_rehearsal(place / "home", members=_MEMBERS, now=session.now())
        _tell_beginning(story, rehearsal)
        _vote(story, rehearsal, session.now)
        closed, path = _count(story, rehearsal, session.now(), place)
        verified = _verify(story, rehearsal, path)
        fate = _try_import(story, rehearsal, session.now(), path)
    session.output.lines("演练结束：临时文件夹已删除，本机没有留下任何测评。")
    session.output.answer(
        {
            "round_id": rehearsal.round_id,
            "steps": story.steps,
            "result": result_answer(closed.end, verified.end.digest, None),
            "import": {"fate": fate.fate, "reason": fate.reason},
        }
    )


def _codes(rehearsal: Rehearsal) -> dict[Holder, str]:
    return {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}


def _tell_beginning(story: _Story, rehearsal: Rehearsal) -> None:
    (public, name), opened = next(iter(rehearsal.roots.items())), rehearsal.opened
    story.tell("组织密钥", f"{name}生成密钥并登记，指纹 {fingerprint_words(public)}")
    story.tell("批复", f"签发演练批复：{opened.title}，登记注册团员{opened.members}名，测评编号 {opened.round_id}")
    story.tell(
        "验箱封箱",
        "指导监督人员和计票人各设口令，共同签署封箱报告：票箱为空，现在封箱，开始投票。",
        f"箱号 {opened.box_words}，有效线：至少{opened.quorum_needed}名参与",
    )


def _vote(story: _Story, rehearsal: Rehearsal, clock: Callable[[], datetime]) -> None:
    """Five of the six vote; then the box is frozen."""
    box = BallotBox.start(rehearsal.home, rehearsal.round_id, _codes(rehearsal), clock=clock)
    try:
        for choice in _CHOICES:
            box.check_pin(rehearsal.pin.encode(), _PIN_TRIED_AT)
            box.unlock(None)
            box.cast(choice)
        story.tell("投票", f"{len(_CHOICES)}名团员逐一由指导监督人员开启后投票，每票确认存妥后才显示“已投入票箱”")
        stopped = box.stop()
    finally:
        box.close()
    story.tell("停止投票", f"票箱封存：收回{stopped.collected}张，封箱码 {stopped.seal_words}")


def _count(story: _Story, rehearsal: Rehearsal, now: datetime, place: Path) -> tuple[Closed, Path]:
    request = CloseRequest(rehearsal.round_id, _codes(rehearsal), present=len(_CHOICES))
    closed = close_round(rehearsal.home, request, now=now, warn=story.output.warn)
    path = place / "演练.result"
    write_new(path, closed.result)
    story.tell("开箱计票", f"两名工作人员输入口令，封箱码 {closed.seal_words} 与封存时一致，写出签名的结果文件")
    show_result(story.output, closed.end, None)
    return closed, path


def _verify(story: _Story, rehearsal: Rehearsal, path: Path) -> RoundEnd[Result]:
    verified = read_result(path.read_bytes(), rehearsal.roots)
    story.tell("核验", "依据链逐级完整：上级团组织 → 批复 → 封箱报告 → 测评结果；结果由票数重新计算，两者相符")
    return verified


def _try_import(story: _Story, rehearsal: Rehearsal, now: datetime, path: Path) -> FileFate:
    """A rehearsal's result must not enter a registry; the refusal is part of the show."""
    registry = open_registry(f"sqlite:///{rehearsal.home.registry_path}")
    try:
        (fate,) = import_files(registry, [path], roots=rehearsal.roots, now=now)
    finally:
        registry.dispose()
    story.tell("报送", f"演练结果不能作为正式结果导入，登记库拒收：{fate.reason}")
    return fate
