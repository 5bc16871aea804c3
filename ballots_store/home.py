"""Where everything of one laptop lies: the home folder, its rounds, its trusted organisations, its registry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from rounds.errors import BadInput

_ROUND_ID = re.compile(r"\A[0-9]{4}-[0-9a-f]{16}\Z")
DESTROYED_NOTE = "destroyed.json"


@dataclass(frozen=True)
class RoundFolder:
    """The files of one round; only the box and the slots hold anything secret."""

    path: Path

    @property
    def box(self) -> Path:
        """The SQLite file."""
        return self.path / "box.sqlite"

    @property
    def lock(self) -> Path:
        """The file whose lock says that a process holds the box."""
        return self.path / "lock"

    @property
    def log(self) -> Path:
        """Round-level events, JSON lines."""
        return self.path / "log.jsonl"

    @property
    def destroyed(self) -> Path:
        """The note that two holders destroyed this round's box; from the moment it exists nothing is opened."""
        return self.path / DESTROYED_NOTE

    @property
    def opening(self) -> Path:
        """The note of an opening that is not at its end, or was killed just before it (`ballots_store.leftovers`)."""
        return self.path / "opening.json"

    @property
    def journal(self) -> Path:
        """The journal that SQLite keeps beside the box."""
        return self.path / "box.sqlite-journal"

    @property
    def end(self) -> Path:
        """The signed end as a file, where the box itself may be gone: beside a destroyed or copied box."""
        return self.path / "end.json"

    @property
    def authorisation(self) -> Path:
        """A copy of the `.auth` file, readable while the box is held."""
        return self.path / "authorisation.auth"

    @property
    def zero_report(self) -> Path:
        """A copy of the zero report, readable while the box is held."""
        return self.path / "zero-report.json"


@dataclass(frozen=True)
class Home:
    """The data folder (`--home`)."""

    path: Path

    @classmethod
    def default(cls, environment: Mapping[str, str]) -> Home:
        """`BEIKAOBEI_HOME`, else the platform's data folder."""
        given = environment.get("BEIKAOBEI_HOME")
        return cls(Path(given) if given else user_data_path("beikaobei", appauthor=False))

    @property
    def rounds_path(self) -> Path:
        """The folder that holds one folder per round."""
        return self.path / "rounds"

    @property
    def trust_path(self) -> Path:
        """The folder of enrolled organisation cards."""
        return self.path / "trust"

    @property
    def registry_path(self) -> Path:
        """The upper organisation's registry."""
        return self.path / "registry.sqlite"

    def folder(self, round_id: str) -> RoundFolder:
        """The files of `round_id`, whether they exist or not.

        Raises:
            BadInput: not the form of a round id.
        """
        if not _ROUND_ID.match(round_id):
            raise BadInput(f"“{round_id}”不是测评编号：编号形如 2016-0123456789abcdef，用 status 查看。")
        return RoundFolder(self.rounds_path / round_id)

    def rounds(self) -> list[str]:
        """Ids of the rounds opened here and not destroyed, sorted.

        Raises:
            OSError: the home can't be read.
        """
        if not self.rounds_path.is_dir():
            return []
        return sorted(
            entry.name
            for entry in self.rounds_path.iterdir()
            if _ROUND_ID.match(entry.name) and not (entry / DESTROYED_NOTE).exists()
        )

    def pick(self, round_id: str | None) -> str:
        """`round_id` if it is here, destroyed or not; without one, the only round here that is not destroyed.

        Raises:
            BadInput: no such round, or a choice to be made (the message lists the rounds).
        """
        known = self.rounds()
        if round_id is not None:
            if round_id not in known and not self.folder(round_id).destroyed.exists():
                raise BadInput(f"本机没有编号为{round_id}的测评：{_listed(known)}")
            return round_id
        if len(known) != 1:
            raise BadInput(f"请指明测评编号：{_listed(known)}" if known else "本机还没有测评：请先用 open 验箱封箱。")
        return known[0]


def _listed(known: list[str]) -> str:
    return f"本机的测评有 {'、'.join(known)}。" if known else "本机还没有测评。"
