"""The product's own `vote` in a hall whose displays and programs are the files of a folder: HOME SYS PROC."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kiosk.environment import scrub

scrub(os.environ)

from ballots_store.home import Home  # noqa: E402 - textual reads the environment while it is imported
from kiosk import prompts, tty, voting  # noqa: E402  after the lines that must come first
from kiosk.checks.model import Surroundings  # noqa: E402  after the lines that must come first
from rounds.errors import RoundError  # noqa: E402  after the lines that must come first


def main() -> int:
    home, sys_root, proc_root = map(Path, sys.argv[1:])
    around = Surroundings(sys_root=sys_root, proc_root=proc_root, environment={}, platform="linux")
    try:
        return voting.vote(Home(home), None, None, around=around)
    except RoundError as error:
        line, code = prompts.line_for(error)
        tty.say(line)
        return code


if __name__ == "__main__":
    sys.exit(main())
