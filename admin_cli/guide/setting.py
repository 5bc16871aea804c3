"""What every step of the guide is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from admin_cli.guide.desk import Desk
from admin_cli.readiness import Checked
from ballots_store.home import Home
from ballots_store.inquiries import find_token
from rounds.encoding import MAX_NAME, is_plain, plain
from rounds.errors import BadInput


@dataclass(frozen=True)
class Setting:
    """The terminal, the home, and what lies outside this process."""

    desk: Desk
    home: Home
    now: Callable[[], datetime]
    kiosk: Callable[[Sequence[str]], int]
    """Runs `beikaobei-kiosk` with these words on the same terminal; its exit status."""
    check: Callable[[Path | None], Checked | None]
    """Runs `beikaobei-kiosk check` for a box with this 票箱U盘; None where it does not answer."""
    media: Callable[[], Sequence[Path]]
    """The folders of the sticks that are plugged in."""

    def run_kiosk(self, *words: str) -> int:
        """Run the kiosk on this home."""
        return self.kiosk([*words, "--home", str(self.home.path)])

    def token(self, round_id: str) -> Path | None:
        """Where the round's 票箱U盘 is now; None where its keys lie on the same disk.

        Raises:
            TokenAway: it is not plugged in.
        """
        return find_token(self.home, round_id, self.media())


def reads_name(what: str, *, optional: bool = False) -> Callable[[str], str]:
    """Reads a name as signed files hold it: 1-60 visible characters, or nothing where `optional`."""

    def read(typed: str) -> str:
        name = plain(typed)
        if (name or optional) and len(name) <= MAX_NAME and is_plain(name):
            return name
        raise BadInput(f"{what}须为1至{MAX_NAME}个可见字符：请重新填写。")

    return read
