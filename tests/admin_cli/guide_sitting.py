"""Somebody at the guide, in this process: a list of what must be asked and what is answered.

The kiosk is the box itself, driven as `admin_script.Admin.vote` drives it; everything else is the product's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from admin_script import Admin

from admin_cli.guide.afternoon import lead
from admin_cli.guide.desk import Desk
from admin_cli.guide.setting import Setting
from admin_cli.readiness import Checked, Row

Answers = Sequence[tuple[str, str]]
QUIET = Checked(remarks=(), opening_refused=(), warnings=())


@dataclass
class Sitting:
    """One run of the guide; when the answers are used up, Ctrl-C."""

    answers: Answers
    said: list[str] = field(default_factory=list)
    asked: int = 0
    wiped: bool = False
    _new: list[str] = field(default_factory=list)

    def write(self, line: str) -> None:
        self.said.append(line)
        self._new.append(line)

    def read(self, prompt: str) -> str:
        if self.asked == len(self.answers):
            raise KeyboardInterrupt
        expected, typed = self.answers[self.asked]
        block = "".join((*self._new, prompt))
        assert expected in block, f"expected {expected!r}, asked:\n{block}"
        self.asked += 1
        self.said.append(prompt)
        self._new.clear()
        return typed

    def read_hidden(self, prompt: str) -> str:
        return self.read(f"[{prompt}]")

    def wipe(self) -> None:
        self.wiped = True
        self.said.clear()

    @property
    def text(self) -> str:
        return "".join(self.said)


def no_kiosk(_words: Sequence[str]) -> int:
    raise AssertionError("the kiosk was started")


@dataclass
class Guided:
    """A hall whose kiosk and checks the test plays."""

    admin: Admin
    kiosk: Callable[[Sequence[str]], int] = no_kiosk
    checked: Checked | None = QUIET
    media: tuple[Path, ...] = ()

    def sit(self, *answers: tuple[str, str]) -> Sitting:
        """Run the guide until somebody leaves, or the answers end (as Ctrl-C does)."""
        sitting = Sitting(answers)
        setting = Setting(
            desk=Desk(sitting),
            home=self.admin.home,
            now=lambda: datetime.now(UTC),
            kiosk=self.kiosk,
            check=lambda _: self.checked,
            media=lambda: self.media,
        )
        try:
            lead(setting)
        except KeyboardInterrupt:
            sitting.said.append("^C")
        assert sitting.asked == len(answers), f"never asked: {answers[sitting.asked]}; said:\n{sitting.text}"
        return sitting

    def codes(self) -> Answers:
        return (
            ("[指导监督人员口令", self.admin.codes["BEIKAOBEI_SUPERVISOR_CODE"]),
            ("[计票人口令", self.admin.codes["BEIKAOBEI_TELLER_CODE"]),
        )


def ask(name: str, question: str, *, if_no: str = "warn") -> Row:
    return Row(name=name, level="ask", remedy=question, if_no=if_no)


LOOK = (("电脑的时间", "1"), ("投影、电视", "１"), ("摄像头", "1"), ("谁的", "2"))
NAME = (("计票人姓名", "王五"),)


def new_codes(admin: Admin) -> Answers:
    twice = [
        (name, admin.codes[variable])
        for name, variable in (
            ("指导监督人员口令", "BEIKAOBEI_SUPERVISOR_CODE"),
            ("计票人口令", "BEIKAOBEI_TELLER_CODE"),
            ("开启口令", "BEIKAOBEI_PIN"),
        )
    ]
    return [(f"{verb}{name}", code) for name, code in twice for verb in ("[请设定", "[请再输入一次")]


READ_ALOUD = (("票箱为空，现在封箱，开始投票。", ""), ("基本履职要求", ""))
