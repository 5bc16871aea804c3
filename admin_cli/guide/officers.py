"""Two holders' codes: the supervisor's, then the teller's; each tried at once, three times, then the envelope.

The envelope stands in for one officer, never for both.
"""

from __future__ import annotations

from admin_cli.guide.setting import Setting
from ballots_store.inquiries import check_code
from rounds.codes import read_printed_code
from rounds.documents import Authorisation
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.sharing import HOLDER_NAMES, Holder

TRIES = 3
_ENVELOPE = 1


def two_codes(setting: Setting, round_id: str, basis: Authorisation) -> dict[Holder, str]:
    """The codes of two holders, each of which opens.

    Raises:
        desk.Back: `0`.
        RuleRefusal: neither officer's code is known.
        VerificationFailure, StorageFailure: the box is altered or can't be read.
    """
    codes: dict[Holder, str] = {}
    for officer in (Holder.SUPERVISOR, Holder.TELLER):
        code = _asked(setting, round_id, officer, basis)
        if code is not None:
            codes[officer] = code
        elif Holder.EMERGENCY in codes:
            raise RuleRefusal("两名工作人员的口令都不正确，应急码只能代替其中一人：请保留票箱并报告上级团组织。")
        else:
            codes[Holder.EMERGENCY] = _emergency(setting, round_id)
    return codes


def ask_for_envelope(setting: Setting, basis: Authorisation, who: str) -> bool:
    """Name the envelope; True: it is opened, False: `who` tries once more.

    Raises:
        desk.Back: `0`.
    """
    desk = setting.desk
    desk.heading("启封应急信封")
    desk.say(f"忘记口令的，请当众启封应急信封，封面写有：应急信封　{basis.branch.name}。")
    desk.say(f"信封中的应急码代替{who}的口令，结果载明“启用应急码：是”。")
    return desk.choose("怎么办？", ["启封应急信封，输入应急码", "再输入口令"]) == _ENVELOPE


def _asked(setting: Setting, round_id: str, officer: Holder, basis: Authorisation) -> str | None:
    """The officer's code; None: the envelope is opened in its place."""
    desk, name = setting.desk, HOLDER_NAMES[officer]
    while True:
        for left in reversed(range(TRIES)):
            code = desk.secret(f"{name}口令")
            if _opens(setting, round_id, officer, code):
                return code
            desk.say(f"{name}口令不正确。" + (f"（还可再试{left}次）" if left else ""))
        if ask_for_envelope(setting, basis, name):
            return None


def _emergency(setting: Setting, round_id: str) -> str:
    desk = setting.desk
    while True:
        try:
            code = read_printed_code(desk.secret("应急码"), "应急码")
        except VerificationFailure as failure:
            desk.say(str(failure))
            continue
        if _opens(setting, round_id, Holder.EMERGENCY, code):
            return code
        desk.say("应急码不正确：请核对信封是否属于本次测评，对照纸面重新输入。")


def _opens(setting: Setting, round_id: str, holder: Holder, code: str) -> bool:
    try:
        check_code(setting.home, round_id, holder, code, now=setting.now())
    except VerificationFailure as failure:
        if failure.check != "code":
            raise
        return False
    return True
