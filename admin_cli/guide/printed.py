"""投票凭条 printed with the 批复: their `.slips` file is found beside it, the hall says whether to use it."""

from __future__ import annotations

from pathlib import Path

from admin_cli.guide.desk import Desk
from admin_cli.guide.places import found_files
from admin_cli.guide.setting import Setting
from ballots_store.brought_slips import read_brought
from ballots_store.files import read_capped
from rounds.documents import SLIPS, Authorisation
from rounds.envelope import Verified
from rounds.errors import RoundError, VerificationFailure

_USE = 1


def printed_slips(setting: Setting, path: Path, authorisation: Verified[Authorisation]) -> bytes | None:
    """The `.slips` file of the authorisation in `path`, where there is one and the slips are here; None otherwise.

    Raises:
        desk.Back: `0`.
    """
    if authorisation.record.roster_digest:  # such a round has no slips
        return None
    desk, data = setting.desk, _of_this_round(setting, path, authorisation)
    if data is None:
        return None
    desk.heading("投票凭条")
    desk.say("批复附有投票凭条。凭条已印好、裁开、带到会场的，现在载入票箱；载入后不能撤回，计票前须清点未发出的。")
    stationed = authorisation.record.method == "stationed"
    without = "不用：封箱后在本机另行制作，印好的作废" if stationed else "不用：由指导监督人员逐一开启，印好的作废"
    answer = desk.choose("用印好的凭条吗？", ["用，凭条已带到会场", without], default=_USE if stationed else None)
    return data if answer == _USE else None


def _of_this_round(setting: Setting, path: Path, authorisation: Verified[Authorisation]) -> bytes | None:
    """The first file within reach that holds; those of other rounds are passed over.

    Raises:
        desk.Back: none holds, one may be ours and is damaged, and the hall wants the right one first.
    """
    damaged = False
    for file in found_files((path.parent, setting.home.path, Path.cwd(), *setting.media()), ("*.slips",)):
        try:
            data = read_capped(file, SLIPS.cap, SLIPS.title)
            read_brought(data, authorisation)
        except RoundError as error:
            damaged |= _may_be_ours(setting.desk, file, error)
        else:
            return data
    if damaged:
        setting.desk.choose("继续吗？", ["继续封箱，不用印好的凭条"], default=None)
    return None


def _may_be_ours(desk: Desk, file: Path, error: RoundError) -> bool:
    """Whether to tell of a file that does not hold: not where it is another authorisation's."""
    if isinstance(error, VerificationFailure) and error.check == "authorisation":
        return False
    desk.warn(f"{error}（{file}）")
    return True
