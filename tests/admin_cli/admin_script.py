"""`beikaobei-admin` as a script calls it: words in, exit code, stdout and stderr out; and a hall full of voters.

Rounds are set up through ballots_store with the cheapest key derivation that the format allows; the commands
themselves always run with the real one.
"""

from __future__ import annotations

import functools
import io
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from admin_cli.__main__ import main
from ballots_store.box import BallotBox
from ballots_store.home import Home
from ballots_store.opening import OpenRequest, open_round
from ballots_store.trust import enrol, enrolled
from rounds.choices import Choice
from rounds.issuing import RoundPlan, authorise, new_organisation, open_organisation_key
from rounds.keyfile import KdfParameters
from rounds.sharing import Holder

CODES = {
    "BEIKAOBEI_ORG_PASSPHRASE": "马蹄莲与订书钉八字",
    "BEIKAOBEI_SUPERVISOR_CODE": "supervisor-4711",
    "BEIKAOBEI_TELLER_CODE": "teller-code-0815",
    "BEIKAOBEI_PIN": "730916",
}
MARKS = {"满": Choice.SATISFIED, "不": Choice.UNSATISFIED, "空": Choice.BLANK}
CHEAP_KDF = KdfParameters(lanes=1, memory_kib=8192, passes=1)
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """One command that has run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Stdout as the one JSON object that it must be."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def error(self) -> str:
        """The one error line; warnings aside, stderr holds nothing else, and stdout is empty or one object."""
        assert self.code != 0
        errors = [line for line in self.err.splitlines() if not line.startswith("注意：")]
        assert len(errors) == 1, self.err
        assert errors[0].startswith("错误：")
        assert "Traceback" not in self.err
        return errors[0]


class Admin:
    """One home, one folder to work in, one set of codes in the environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home(folder / "home")
        self.codes = dict(CODES)

    def run(self, *words: object, stdin: str | None = None, **environment: str | None) -> Ran:
        """Run one command in this process; `environment` adds to the codes or (None) takes one away."""
        variables = {**self.codes, "BEIKAOBEI_HOME": str(self.home.path), **environment}
        out, err = _Stream(), _Stream()
        with _environment(variables), redirect_stdout(out), redirect_stderr(err), _stdin(stdin):
            code = main([str(word) for word in words])
        return Ran(code, out.text(), err.text())

    def path(self, name: str) -> Path:
        return self.folder / name

    def files(self) -> dict[str, bytes]:
        """Everything in the folder outside the home: what a failed command must leave as it was."""
        home = self.home.path
        found = (path for path in self.folder.rglob("*") if path.is_file() and home not in path.parents)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(found)}

    def make_organisation(self) -> None:
        """What `keys new` does, with a cheap key file."""
        key, card = new_organisation("某市团委", self.codes["BEIKAOBEI_ORG_PASSPHRASE"], secrets.token_bytes, CHEAP_KDF)
        self.path("org.key").write_bytes(key)
        self.path("org.pub").write_bytes(card)
        enrol(self.home, card)

    def authorise(self, *more: object, members: int = 6, out: str = "r.auth") -> dict[str, Any]:
        """Authorise a round; its printed codes are in the environment of later commands."""
        words = ("authorize", "--org-key", self.path("org.key"), "--branch-name", "第一团支部", "--secretary", "张三")
        figures = ("--year", 2016, "--members", members, "--out", self.path(out), "--json")
        ran = self.run(*words, *figures, *more)
        assert ran.code == 0, ran.err
        self.codes["BEIKAOBEI_ACTIVATION"] = ran.json["activation_code"]
        self.codes["BEIKAOBEI_EMERGENCY"] = ran.json["emergency_code"]
        return ran.json

    def open(self, *more: object, file: str = "r.auth") -> dict[str, Any]:
        names = ("--teller", "王五", "--supervisor", "李四")
        ran = self.run("open", self.path(file), *names, "--json", *more)
        assert ran.code == 0, ran.err
        return ran.json

    def vote(self, marks: str, *, token: Path | None = None, stop: bool = True) -> None:
        """Cast one ballot for each of `marks` (满 不 空), as the kiosk does."""
        box = self._start(token)
        for mark in marks:
            box.check_pin(self.codes["BEIKAOBEI_PIN"].encode(), 0.0)
            box.unlock(None)
            box.cast(MARKS[mark])
        if stop:
            box.stop()
        box.close()

    def vote_by_slips(self, numbers: Sequence[str], *, stop: bool = True) -> None:
        """Cast a 满意 by each of the slips `numbers`, as the kiosk does."""
        box = self._start(None)
        for number in numbers:
            box.admit(number.encode(), 0.0)
            box.unlock(None)
            box.cast(Choice.SATISFIED)
        if stop:
            box.stop()
        box.close()

    def officers(self) -> dict[Holder, str]:
        """The codes of both."""
        return {
            Holder.SUPERVISOR: self.codes["BEIKAOBEI_SUPERVISOR_CODE"],
            Holder.TELLER: self.codes["BEIKAOBEI_TELLER_CODE"],
        }

    def _start(self, token: Path | None) -> BallotBox:
        clock = functools.partial(datetime.now, UTC)
        return BallotBox.start(self.home, self.home.pick(None), self.officers(), token=token, clock=clock)

    def begin(self, *, members: int = 6, rehearsal: bool = False) -> str:
        """What `keys new`, `authorize` and `open` do, with cheap keys; the round's id."""
        self.make_organisation()
        self.issue("r.auth", members=members, supervisor="李四", rehearsal=rehearsal)
        request = OpenRequest(
            authorisation=self.path("r.auth").read_bytes(),
            activation_code=self.codes["BEIKAOBEI_ACTIVATION"],
            teller_name="王五",
            supervisor_code=self.codes["BEIKAOBEI_SUPERVISOR_CODE"],
            teller_code=self.codes["BEIKAOBEI_TELLER_CODE"],
            pin=self.codes["BEIKAOBEI_PIN"],
            rehearsal=rehearsal,
        )
        now = datetime.now(UTC)
        return open_round(self.home, request, roots=enrolled(self.home), now=now, kdf=CHEAP_KDF).round_id

    def issue(self, out: str, *, members: int = 6, supervisor: str = "", rehearsal: bool = False) -> None:
        """What `authorize` does, with cheap keys; its printed codes are in the environment of later commands."""
        key = open_organisation_key(self.path("org.key").read_bytes(), self.codes["BEIKAOBEI_ORG_PASSPHRASE"])
        plan = RoundPlan("第一团支部", "张三", 2016, members, supervisor=supervisor, rehearsal=rehearsal)
        issued = authorise(plan, key, now=datetime.now(UTC), draw=secrets.token_bytes, kdf=CHEAP_KDF)
        self.path(out).write_bytes(issued.data)
        self.codes["BEIKAOBEI_ACTIVATION"] = issued.activation_code
        self.codes["BEIKAOBEI_EMERGENCY"] = issued.emergency_code

    def hold(self, marks: str, *, members: int = 6) -> str:
        """A round from the organisation's key to the end of voting; its id."""
        round_id = self.begin(members=members)
        self.vote(marks)
        return round_id


def subprocess_environment(admin: Admin) -> dict[str, str]:
    """What a shell would hand to the command."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BEIKAOBEI_")},
        **admin.codes,
        "BEIKAOBEI_HOME": str(admin.home.path),
        "PYTHONPATH": str(REPOSITORY),
    }


COMMAND: Sequence[str] = (sys.executable, "-m", "admin_cli")


class _Stream(io.TextIOWrapper):
    """A captured stream with bytes below it, like a real one."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        return cast("io.BytesIO", self.buffer).getvalue().decode()


class _environment:  # noqa: N801  used like a function
    def __init__(self, variables: Mapping[str, str | None]) -> None:
        self._variables = variables
        self._before: dict[str, str] = {}

    def __enter__(self) -> None:
        self._before = dict(os.environ)
        for name, value in self._variables.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    def __exit__(self, *_: object) -> None:
        os.environ.clear()
        os.environ.update(self._before)


class _stdin:  # noqa: N801  used like a function
    """Standard input that is no terminal: empty, or `text`."""

    def __init__(self, text: str | None) -> None:
        self._stream = io.StringIO(text or "")
        self._before = sys.stdin

    def __enter__(self) -> None:
        self._before, sys.stdin = sys.stdin, self._stream

    def __exit__(self, *_: object) -> None:
        sys.stdin = self._before
