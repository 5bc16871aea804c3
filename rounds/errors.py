"""What can go wrong, by who has to act; each message is one Chinese line: what is wrong and what to do.

Each kind has the exit code that both commands end with (DESIGN.md, The commands).
"""

from __future__ import annotations

from typing import ClassVar


class RoundError(Exception):
    """Anything this house refuses. `str(error)` is fit for a user: no PIN, no choice, no code in it."""

    exit_code: ClassVar[int] = 4


class RuleRefusal(RoundError):
    """A rule of the notice or of the lifecycle forbids it; nothing was changed."""

    exit_code = 1


class BadInput(RoundError):
    """A value that cannot be meant: a number out of range, an empty name, a PIN that is none."""

    exit_code = 2


class VerificationFailure(RoundError):
    """A signature, a code or a digest does not hold; `check` names the failed check."""

    exit_code = 3

    def __init__(self, check: str, message: str) -> None:
        """`check`: the step's short name, such as "signatures"; `message`: the line for the user."""
        super().__init__(message)
        self.check = check


class UntrustedIssuer(VerificationFailure):
    """The chain holds, but it does not end in an organisation that this home has enrolled."""

    def __init__(self, message: str) -> None:
        """`message`: the line for the user; it begins with 未验证."""
        super().__init__("root", message)


class Unreadable(RoundError):
    """Storage or bytes that cannot be read as what they should be."""
