"""投票凭条, after the sealing and before the first unlock: made once, by two codes, as one file to print."""

from __future__ import annotations

from admin_cli.guide.officers import two_codes
from admin_cli.guide.places import choose_folder
from admin_cli.guide.setting import Setting
from admin_cli.slips_sheet import slips_document
from ballots_store.inquiries import authorised
from ballots_store.slip_making import SlipRequest, make_slips
from ballots_store.status import Status


def make_paper(setting: Setting, found: Status) -> None:
    """Make the round's slips, one for everybody who may vote.

    Raises:
        desk.Back: `0`.
        RoundError: made already, or refused.
    """
    desk = setting.desk
    desk.heading("投票凭条")
    desk.say(
        "每人一张，一张开启一次，与选择无关；号码只在纸上。只制作一次，做了就必须用。",
        "定点投票必须用凭条；集中投票可以用，也可以由指导监督人员用开启口令逐一开启。",
    )
    folder = choose_folder(desk, "凭条文件写到哪里？", setting.media, "本机的数据文件夹") or setting.home.path
    token = setting.token(found.round_id)
    codes = two_codes(setting, found.round_id, authorised(setting.home, found.round_id))
    request = SlipRequest(found.round_id, codes, folder / f"凭条-{found.round_id}.docx")
    made = make_slips(setting.home, request, slips_document, now=setting.now(), token=token, warn=setting.desk.warn)
    desk.say(
        f"已制作{made.count}张：{request.out}",
        "请打印后沿虚线裁开，打乱后由团员自行抽取，不登记谁抽到哪一张。",
        "打印后删除文件，并清空打印机的存储。未发出的凭条妥善保管，计票前清点。",
    )
    desk.pause()
