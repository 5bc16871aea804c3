"""What a campaign found, row by row, and how one try of it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from faults.scenes import Acknowledge, Arm, Verdict
from faults.shim import Act, Fault, arm, disarm
from killing import Fate, in_child

from rounds.errors import RoundError

REFUSED, BARE = "refused", "bare"
Work = Callable[[Arm, Acknowledge], None]


@dataclass
class Row:
    """One line of the table. `control`: what ought to be caught; `caught` of `control_tried` were."""

    what: str
    tried: int = 0
    found: Counter[str] = field(default_factory=Counter)
    control: str = ""
    control_tried: int = 0
    caught: int = 0
    note: str = ""
    skipped: str = ""

    def add(self, verdict: Verdict, detail: str = "") -> None:
        self.tried += 1
        self.found[verdict] += 1
        if verdict is not Verdict.FINE:
            self.note = f"{self.note} {verdict}: {detail};".strip()[:2000]

    def add_control(self, verdict: Verdict) -> None:
        self.control_tried += 1
        self.caught += verdict is not Verdict.FINE

    @property
    def bad(self) -> int:
        return self.tried - self.found[Verdict.FINE]

    def facts(self) -> dict[str, object]:
        """As JSON shows it."""
        return {
            "what": self.what,
            "tried": self.tried,
            "lost": self.found[Verdict.LOST],
            "doubled": self.found[Verdict.DOUBLED],
            "wrongly_accepted": self.found[Verdict.WRONG],
            "tracebacks": self.found[Verdict.TRACEBACK],
            "bare_os_errors": self.found["bare OSError"],
            "control": self.control,
            "control_tried": self.control_tried,
            "control_caught": self.caught,
            "note": self.note,
            "skipped": self.skipped,
        }


def meet(work: Work, place: int, fault: Fault, cut_descriptor: int = -1) -> Fate:
    """Run `work` in a child in which call number `place` after its arming meets `fault`."""

    def child(acknowledge: Acknowledge) -> None:
        try:
            work(lambda: arm(place, fault, cut_descriptor), acknowledge)
        except RoundError:
            acknowledge(REFUSED)
        except OSError:
            acknowledge(BARE)  # the commands' outermost boundary turns it into one line and exit code 4
        finally:
            acknowledge(f"calls={disarm()}")

    return in_child(child)


def acknowledged(fate: Fate) -> tuple[str, ...]:
    """What a user was told to be done."""
    return tuple(line for line in fate.acknowledged if line not in {REFUSED, BARE} and "=" not in line)


def calls_of(work: Work, kinds: int) -> int:
    """How many calls `work` makes of these kinds."""
    fate = meet(work, 0, Fault(Act.COUNT, kinds=kinds))
    counted = [line for line in fate.acknowledged if line.startswith("calls=")]
    if fate.error or REFUSED in fate.acknowledged:
        raise AssertionError(f"the dry run failed: {fate.acknowledged} {fate.error}")
    return int(counted[0].removeprefix("calls="))


def every(row: Iterable[int], stride: int) -> list[int]:
    """Each `stride`-th place, the first and the last always."""
    places = list(row)
    return sorted({*places[::stride], *places[-1:]})
