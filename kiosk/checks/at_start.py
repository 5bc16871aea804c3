"""The checks of the kiosk's start, on the plain terminal before any code is asked for: said, never asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ballots_store.files import read_capped
from ballots_store.home import Home
from ballots_store.status import recorded_token
from kiosk.checks.model import Finding, Level, Surroundings
from kiosk.checks.report import losing, run_checks, spoken
from kiosk.checks.room import room_refusal
from rounds.documents import AUTHORISATION
from rounds.encoding import decode
from rounds.envelope import Envelope, decode_payload
from rounds.errors import RoundError, RuleRefusal


@dataclass(frozen=True)
class Watch:
    """What the voting screens are given of the checks."""

    around: Surroundings
    home: Path
    token: Path | None
    official: bool

    def room(self) -> str | None:
        """The look before every unlock; a rehearsal may stand on the projector, so that all can see how it goes."""
        return room_refusal(self.around) if self.official else None

    def checks(self) -> tuple[Finding, ...]:
        """The long look of the supervisor's menu."""
        return run_checks(self.around, self.home, self.token)


def watch(around: Surroundings, home: Home, round_id: str, token: Path | None) -> Watch:
    """What is known of the round before it is started; where its files are damaged, its start will say so.

    Unreadable, a round counts as official: a damaged copy of the authorisation must not switch the checks off.
    """
    official = True
    with suppress(RoundError):
        path = home.folder(round_id).authorisation
        data = read_capped(path, AUTHORISATION.cap, AUTHORISATION.title)
        envelope = decode(data, Envelope, AUTHORISATION.title, AUTHORISATION.cap)
        official = decode_payload(envelope, AUTHORISATION).mode == "official"
        token = token or recorded_token(home, round_id)
    return Watch(around, home.path, token, official)


def say_findings(findings: Sequence[Finding], say: Callable[[str], None], *, official: bool) -> None:
    """One line for each finding to be heeded, one for all that the hall must look at itself.

    Raises:
        RuleRefusal: the round is official and something would lose or show ballots.
    """
    heeded = [finding for finding in findings if finding.level in {Level.WARN, Level.REFUSE}]
    refused = losing(findings)
    for finding in heeded:
        if not (official and finding in refused[:1]):
            say(f"注意：{spoken(finding)}")
    unknown = dict.fromkeys(finding.name for finding in findings if finding.level is Level.ASK)
    if unknown:
        say(f"请在会场核对：{'、'.join(unknown)}（beikaobei-kiosk check 逐项列出）。")
    if official and refused:
        raise RuleRefusal(spoken(refused[0]))
