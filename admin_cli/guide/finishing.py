"""After the end: 公布, the stick written and read back, 复核, 清除本机; Enter alone walks them in this order."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from admin_cli.destroy import note_rows
from admin_cli.figures import record_of
from admin_cli.guide.counting import show_result
from admin_cli.guide.desk import Back, Desk
from admin_cli.guide.officers import two_codes
from admin_cli.guide.places import choose_folder
from admin_cli.guide.setting import Setting
from admin_cli.newfiles import NewFiles
from ballots_store.closing import stored_end
from ballots_store.destroying import DestroyRequest, destroy_round
from ballots_store.errors import TokenAway
from ballots_store.files import make_folders
from ballots_store.frozen import copy_to_token, frozen_home, write_and_read_back
from ballots_store.inquiries import authorised
from ballots_store.recounting import recount_round
from ballots_store.status import Status
from rounds.chain import kind_of
from rounds.documents import RESULT, VOID, Authorisation
from rounds.errors import RoundError, Unreadable
from rounds.results import result_sentence

_RESULTS = "results"
_NOT_FOR_NAMES = re.compile(r"[^\w（）()-]+")
_ANNOUNCE, _COPY, _RECOUNT, _CLEAR, _LEAVE = 1, 2, 3, 4, 0
_NEXT = {_ANNOUNCE: _COPY, _COPY: _CLEAR, _RECOUNT: _CLEAR, _CLEAR: _LEAVE}
_LONGEST_NAME = 40


@dataclass(frozen=True)
class _Ended:
    """A round that has ended: its signed end, in the box and as a file of this home."""

    found: Status
    basis: Authorisation
    data: bytes
    path: Path

    @property
    def counted(self) -> bool:
        """Whether there is a result; else the round was made void."""
        return kind_of(self.data) is RESULT


def finish(setting: Setting, found: Status) -> None:
    """Lead through what is left to do, until somebody leaves.

    Raises:
        RoundError: the box can't be read.
    """
    ended = _ended(setting, found)
    _show(setting.desk, ended)
    step = _ANNOUNCE if ended.counted else _COPY
    while True:
        try:
            step = _choose(setting.desk, ended, step)
        except Back:
            return
        try:
            if _do(setting, ended, step):
                return
            step = _NEXT[step]
        except Back:
            continue
        except RoundError as error:
            setting.desk.warn(str(error))


def _ended(setting: Setting, found: Status) -> _Ended:
    """The signed end, saved as a file of the home where it is not yet."""
    token = None
    with suppress(TokenAway):
        token = setting.token(found.round_id)
    data = stored_end(setting.home, found.round_id, token=token)
    if data is None:
        raise Unreadable("票箱中没有已签名的结果：请保留文件并报告上级团组织。")
    basis = authorised(setting.home, found.round_id)
    return _Ended(found, basis, data, _saved(setting.home.path / _RESULTS, basis, data))


def _saved(folder: Path, basis: Authorisation, data: bytes) -> Path:
    """The file with `data` in `folder`, written now unless it is there; another file is never replaced."""
    make_folders(folder)
    stem = _NOT_FOR_NAMES.sub("_", f"{basis.branch.name}{basis.year}")[:_LONGEST_NAME]
    suffix = ".result" if kind_of(data) is RESULT else ".void"
    for name in (f"{stem}{suffix}", f"{stem}-{basis.round_id[5:]}{suffix}"):
        path = folder / name
        if path.exists() and path.read_bytes() == data:
            return path
        if not path.exists():
            with NewFiles(path) as files:
                files.write(path, data)
            return path
    raise Unreadable(f"“{folder}”中已有同名的其他文件：请移走后再试。")


def _show(desk: Desk, ended: _Ended) -> None:
    if ended.counted:
        desk.heading("测评结果（演练）" if ended.basis.mode == "rehearsal" else "测评结果")
        show_result(desk, ended.data)
    else:
        desk.heading("本次测评已作废，票箱未开启")
        desk.say(f"原因：{record_of(ended.data, VOID).reason}", "请将作废报告报上级团组织，重新批复后另行组织测评。")
    desk.say(f"文件：{ended.path}")


def _choose(desk: Desk, ended: _Ended, step: int) -> int:
    options = ["公布结果（全屏；Enter 翻页，Esc 离开）", "写入U盘并读回核对", "复核计票（再点一遍）", "清除本机"]
    if ended.counted:
        return desk.choose("接下来：", options, default=step, back="做完了，离开")
    left = (_LEAVE, _COPY, _CLEAR)
    return left[desk.choose("接下来：", options[1::2], default=left.index(step), back="做完了，离开")]


def _do(setting: Setting, ended: _Ended, step: int) -> bool:
    """One step; True: the box is gone."""
    match step:
        case 1:
            setting.run_kiosk("announce", str(ended.path))
        case 2:
            _copy(setting, ended)
        case 3:
            _recount(setting, ended)
        case _:
            return _clear(setting, ended)
    return False


def _copy(setting: Setting, ended: _Ended) -> None:
    """The end, and with a 票箱U盘 the frozen box, on a stick; every file read back."""
    desk, token = setting.desk, setting.token(ended.found.round_id)
    desk.heading("写入U盘并读回核对")
    copy = None if token is None else copy_to_token(setting.home, ended.found.round_id, token=token)
    folder = token or choose_folder(desk, "写到哪里？", setting.media, "不写U盘，文件只留在本机")
    if folder is None:
        desk.warn(f"没有写U盘。结果文件在本机：{ended.path}")
        return
    write_and_read_back({folder / ended.path.name: ended.data})
    names = [ended.path.name, *(sorted(str(path.relative_to(folder)) for path in copy.iterdir()) if copy else ())]
    desk.say("已写入U盘，并逐个读回，与本机一致：", *(f"　{name}" for name in names))
    if copy is None:
        desk.say("封存的票箱只在本机（封箱时没有用票箱U盘）。")
    desk.say(f"请把 {ended.path.name} 报送上级团组织。")


def _recount(setting: Setting, ended: _Ended) -> None:
    """Count the copy on the stick where there is one, else the box here."""
    desk, round_id = setting.desk, ended.found.round_id
    desk.heading("复核计票")
    token = setting.token(round_id)
    codes = two_codes(setting, round_id, ended.basis)
    on_stick = token is not None and frozen_home(token).folder(round_id).box.exists()
    home = frozen_home(token) if token is not None and on_stick else setting.home
    done = recount_round(home, round_id, codes, now=setting.now(), token=token)
    desk.say(f"已把{'U盘上的副本' if on_stick else '本机的票箱'}重新点了一遍，与签名的结果一致：")
    desk.say(result_sentence(done.figures))


def _clear(setting: Setting, ended: _Ended) -> bool:
    """Leave the box, which is the default, or destroy it with two codes; True: it is gone."""
    desk = setting.desk
    desk.heading("清除本机")
    desk.say(
        "票箱一般保留到公示期满（3天），以便复核；封着的票箱没有两人的口令打不开。",
        "销毁后密钥和选票被覆盖，不能恢复，也不能复核；结果文件仍然保留。",
    )
    if desk.choose("现在怎么办？", ["保留，公示期满再来清除", "现在销毁（须经上级团组织同意）"]) == 1:
        return False
    if desk.choose("销毁不能恢复。确定吗？", ["不销毁", "销毁"]) == 1:
        return False
    token = setting.token(ended.found.round_id)
    codes = two_codes(setting, ended.found.round_id, ended.basis)
    request = DestroyRequest(ended.found.round_id, codes)
    note = destroy_round(setting.home, request, now=setting.now(), token=token)
    desk.heading("票箱已销毁")
    desk.say(*(f"{name}：{value}" for name, value in note_rows(note)))
    return True
