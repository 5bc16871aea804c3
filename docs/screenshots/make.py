# ruff: noqa: INP001  a script beside its pictures, no package
"""Pictures of every screen of the kiosk, from a real terminal: `python docs/screenshots/make.py [FOLDER]`.

xterm under Xvfb draws what tmux holds; tmux says when a screen stands, so that nothing is timed. Needs Xvfb, xterm,
tmux, ImageMagick (import, mogrify) and a font with Chinese; nothing of the product knows of this script.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hall import PIN, SUPERVISOR_CODE, TELLER_CODE, Hall  # noqa: E402  found only now

NEEDED = ("Xvfb", "xterm", "tmux", "import", "mogrify", "identify")
PATIENCE_S, SETTLED_S, COLOURS = 180.0, 0.6, "16"
COLUMNS, ROWS = 80, 24


class Camera:
    """One tmux session in one xterm on one display."""

    def __init__(self, folder: Path, environment: dict[str, str], name: str) -> None:
        """Pictures go to `folder`."""
        self._folder, self._environment, self._name = folder, environment, name
        self._crop = ""

    def focus(self) -> None:
        """Find the window: filled with white it is all that is not the display's black."""
        self.run(r"printf '\033[48;5;231m\033[2J\033[H'; sleep 60", self._folder)
        time.sleep(SETTLED_S)
        whole = self._folder / "whole.png"
        self._call("import", "-silent", "-window", "root", str(whole))
        self._crop = self._call("identify", "-format", "%@", str(whole))
        whole.unlink()

    def run(self, command: str, cwd: Path) -> None:
        """Start `command` in the terminal, in the place of what ran there."""
        self._tmux("respawn-pane", "-k", "-c", str(cwd), "-t", self._name, command)

    def press(self, *keys: str) -> None:
        """Keys by tmux's names; text as it stands."""
        for key in keys:
            self._tmux("send-keys", "-t", self._name, key)

    def when(self, shown: str, *keys: str, picture: str = "") -> None:
        """Wait for `shown`, take a picture, press `keys`."""
        deadline = time.monotonic() + PATIENCE_S
        while shown not in self._tmux("capture-pane", "-p", "-t", self._name):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{shown}:\n{self._tmux('capture-pane', '-p', '-t', self._name)}")
            time.sleep(0.1)
        time.sleep(SETTLED_S)
        if picture:
            target = self._folder / f"{picture}.png"
            self._call("import", "-silent", "-window", "root", str(target))
            self._call(
                "mogrify", "-crop", self._crop, "+repage", "-strip", "-colors", COLOURS, "-depth", "8", str(target)
            )
            sys.stdout.write(f"{target.name} {target.stat().st_size}\n")
        self.press(*keys)

    def _tmux(self, *words: str) -> str:
        return self._call("tmux", "-L", self._name, *words)

    def _call(self, *words: str) -> str:
        done = subprocess.run(words, env=self._environment, check=True, capture_output=True)  # noqa: S603  named above
        return done.stdout.decode()


@contextmanager
def camera(folder: Path, *, columns: int = COLUMNS, rows: int = ROWS) -> Iterator[Camera]:
    """A display, a terminal and tmux in it; all gone afterwards."""
    name = f"shots{os.getpid()}"
    reading, writing = os.pipe()
    server = subprocess.Popen(  # noqa: S603  a program of the system
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "2600x2000x24", "-nolisten", "tcp"],  # noqa: S607  as found
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    display = os.read(reading, 16).decode().strip()
    clean = {key: value for key, value in os.environ.items() if key != "TMUX"}
    environment = {**clean, "DISPLAY": f":{display}", "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    socket = ["tmux", "-L", name, "-f", "/dev/null"]
    size = ["-x", str(columns), "-y", str(rows)]
    subprocess.run([*socket, "new-session", "-d", "-s", name, *size, "sleep 86400"], env=environment, check=True)  # noqa: S603  our own
    subprocess.run([*socket, "set", "-g", "status", "off"], env=environment, check=True)  # noqa: S603  our own
    font = [
        "-fa",
        "DejaVu Sans Mono",
        "-fd",
        "Noto Sans Mono CJK SC",
        "-fs",
        "14",
        "-bg",
        "black",
        "-fg",
        "white",
        "-b",
        "0",
    ]
    look = ["-geometry", f"{columns}x{rows}+0+0", "+sb", "-uc", "-xrm", "*cursorColor: black"]
    terminal = subprocess.Popen(  # noqa: S603  a program of the system
        ["xterm", *font, *look, "-e", *socket, "attach", "-t", name],  # noqa: S607  as found
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(2.0)  # xterm has no way to say that it stands
        yield Camera(folder, environment, name)
    finally:
        subprocess.run([*socket, "kill-server"], env=environment, check=False)  # noqa: S603  our own
        for process in (terminal, server):
            process.terminate()
            process.wait()


def kiosk(words: str, hall: Hall) -> str:
    """The command as a person would type it, in this hall's home."""
    where = f"BEIKAOBEI_HOME={hall.home} PYTHONPATH={ROOT}"
    return f"env {where} {sys.executable} -m kiosk {words}; sleep 86400"


def voting(shot: Camera, hall: Hall) -> None:
    """A round from the officers' codes to 封箱码, with every way off the voter's screens."""
    shot.run(kiosk("", hall), hall.folder)
    shot.when("指导监督人员口令", SUPERVISOR_CODE, "Enter")
    shot.when("计票人口令", picture="01-codes")
    shot.press(TELLER_CODE, "Enter")
    shot.when("请下一位团员上前", *PIN, picture="02-locked")
    shot.when("******", "Enter")
    shot.when("我已独自一人", "Enter", picture="03-aside")
    shot.when("不选请按3", "9", picture="04-ballot")
    shot.when("请按1或2", "2", picture="05-other-key")
    shot.when("按 0 返回重选", "Escape", picture="06-review")
    shot.when("结束本次填写", "0", "Enter", picture="07-cancel")
    shot.when("我已独自一人", "Enter")
    shot.when("不选请按3", "1")
    shot.when("按 0 返回重选")
    shot.when("内容已遮住", "Enter", picture="08-covered")
    shot.when("不选请按3", "1")
    shot.when("按 0 返回重选", "Enter")
    shot.when("已投入票箱，请离开", picture="09-thanks")
    shot.when("开启口令：", "1", "1", "1", "1", "1", "1", "Enter")
    shot.when("还可以再试 4 次", *PIN, picture="11-wrong-pin")
    shot.when("******", "Enter")
    shot.when("我已独自一人", "Escape")
    shot.when("结束本次填写", *PIN)
    shot.when("******", "Enter")
    shot.when("本次未投票", *PIN, picture="12-not-cast")
    shot.when("******", "Enter")
    for choice in "1131":
        vote(shot, choice)
    shot.when("请稍候，暂不接受输入", picture="10-pause-after-cast")
    shot.when("开启口令：")
    supervising(shot)


def vote(shot: Camera, choice: str) -> None:
    """One more voter, unseen."""
    shot.when("有效线")
    shot.when("开启口令：", *PIN)
    shot.when("******", "Enter")
    shot.when("我已独自一人", "Enter")
    shot.when("不选请按3", choice)
    shot.when("按 0 返回重选", "Enter")
    shot.when("已投入票箱，请离开")


def supervising(shot: Camera) -> None:
    """The menu and what it leads to."""
    shot.when("开启口令：", "0", "Enter")
    shot.when("进入管理菜单，请", *PIN, picture="13-menu-pin")
    shot.when("******", "Enter")
    shot.when("3　结束投票", "1", picture="14-menu")
    shot.when("投票暂停", *PIN, picture="15-paused")
    shot.when("******", "Enter")
    shot.when("有效线", "0", "Enter")
    shot.when("进入管理菜单，请", *PIN)
    shot.when("******", "Enter")
    shot.when("3　结束投票", "2")
    shot.when("0　返回", "0", picture="16-helped")
    shot.when("3　结束投票", "3")
    shot.when("结束后不能再投票", "2", picture="17-end")
    shot.when("封箱码", "Enter", picture="18-stopped")


def announcing(shot: Camera, hall: Hall) -> None:
    """The pages of the result."""
    hall.ask("close", "--present", "5", "--out", "r.result")
    shot.run(kiosk("announce r.result", hall), hall.folder)
    for page in range(1, 6):
        shot.when(f"第 {page} 页", "Enter", picture=f"{18 + page}-announce-{page}")
    shot.press("Escape")


def members(shot: Camera, hall: Hall) -> None:
    """The supervisor's choice of a member, where there is a roster."""
    hall.ask("keys", "new", "--name", "共青团演示大学委员会", "--out", "org.key")
    hall.path("roster.txt").write_text("赵一\n钱二\n孙三\n李四四\n", encoding="utf-8")
    issued = hall.authorise("--roster", "roster.txt", members=4)
    opening = ("open", "round.auth", "--teller", "王五", "--roster", "roster.txt")
    hall.ask(*opening, BEIKAOBEI_ACTIVATION=issued["activation_code"])
    shot.run(kiosk("", hall), hall.folder)
    shot.when("指导监督人员口令", SUPERVISOR_CODE, "Enter")
    shot.when("计票人口令", TELLER_CODE, "Enter")
    shot.when("请下一位团员上前", *PIN)
    shot.when("******", "Enter")
    shot.when("尚未投票的团员", picture="24-members")


def rehearsing(shot: Camera, hall: Hall) -> None:
    """演练: to play with, and the one that plays itself."""
    shot.run(kiosk("demo", hall), hall.folder)
    shot.when("演练用开启口令", picture="25-demo")
    shot.run(kiosk("demo --script", hall), hall.folder)
    shot.when("请记住张数", "Enter", picture="26-script")
    shot.when("第2票，共6票：按 2 选不满意", picture="27-script-ballot")
    shot.when("两者一致", picture="28-script-compared")


def main(folder: Path) -> int:
    """All pictures into `folder`; 0, or 1 with what is missing."""
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        sys.stderr.write(f"missing: {', '.join(missing)}\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, camera(folder) as shot:
        shot.focus()
        scenes: tuple[Callable[[Camera, Hall], None], ...] = (voting, announcing)
        first, second = Hall(Path(work) / "first"), Hall(Path(work) / "second")
        for hall in (first, second):
            hall.folder.mkdir()
        first.open_round(members=6)
        for scene in scenes:
            scene(shot, first)
        for scene in (members, rehearsing):
            scene(shot, second)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent))
