"""What the shell is told: the exit codes, and the one function that maps an error to its code.

    0 done   1 refused by a rule   2 usage   3 verification failed   4 storage or file   130 interrupted

A defect of this program (an exception that nobody foresaw) also ends with 4: nothing can be said about what reached
the disk, so a script must treat it as it treats a storage failure.
"""

from __future__ import annotations

from enum import IntEnum

import click

from rounds.errors import RoundError


class Exit(IntEnum):
    """The exit codes of every command (DESIGN.md, The commands)."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNVERIFIED = 3
    STORAGE = 4
    INTERRUPTED = 130


def exit_for(error: BaseException) -> Exit:
    """The exit code of `error`."""
    if isinstance(error, KeyboardInterrupt | EOFError | click.Abort):
        return Exit.INTERRUPTED
    if isinstance(error, click.UsageError):
        return Exit.USAGE
    if isinstance(error, RoundError):
        return Exit(error.exit_code)
    return Exit.INTERRUPTED if _was_interrupted(error) else Exit.STORAGE


def _was_interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C led to `error`: it may strike Python's own locks, which then complain that nobody holds them."""
    while isinstance(error, RuntimeError) and error.__context__ is not None:
        error = error.__context__
    return isinstance(error, KeyboardInterrupt)
