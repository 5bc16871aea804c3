"""验箱封箱 step by step: the authorisation, the stick, the checks, names, codes; then the box is sealed.

Nothing is written before the last step, so a stop anywhere before it leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from admin_cli.figures import record_of
from admin_cli.guide.asking_hall import ask_hall, check_machine
from admin_cli.guide.desk import Desk
from admin_cli.guide.places import choose_file, choose_folder, found_files
from admin_cli.guide.printed import printed_slips
from admin_cli.guide.setting import Setting, reads_name
from admin_cli.inputs import read_roster
from admin_cli.opening import LEFT, after_slips
from admin_cli.organisations import fingerprint_words
from ballots_store.files import read_capped
from ballots_store.heading import check_window
from ballots_store.opening import FEW_MEMBERS, Opened, OpenRequest, open_round
from ballots_store.trust import enrol, enrolled
from rounds.chain import check_names, read_authorisation, read_card
from rounds.codes import read_officer_code, read_pin, read_printed_code
from rounds.documents import AUTHORISATION, CARD, Authorisation
from rounds.errors import BadInput, RoundError, RuleRefusal, UntrustedIssuer, VerificationFailure
from rounds.issuing import open_round_keys, roster_digest
from rounds.rules import quorum_needed

_TRIES = 3
_YES = 2


@dataclass(frozen=True)
class _Codes:
    """What is typed unseen."""

    activation: str
    supervisor: str
    teller: str
    pin: str


def waiting_files(setting: Setting) -> list[Path]:
    """The `.auth` files within reach whose round was not opened here yet."""
    files = found_files((setting.home.path, Path.cwd(), *setting.media()), ("*.auth",))
    return [path for path in files if not _is_open(setting, path)]


def called(path: Path) -> str:
    """What the file says it authorises, for choosing only: nothing is verified yet."""
    try:
        title = record_of(read_capped(path, AUTHORISATION.cap, AUTHORISATION.title), AUTHORISATION).title
    except RoundError:
        title = "无法识别的文件"
    return f"{title}（{path}）"


def seal(setting: Setting, path: Path, activation_code: str = "") -> str:
    """Open the round of the `.auth` file `path`; its id. `activation_code`: known where it was made just now.

    Raises:
        desk.Back: left before the box was sealed.
        RoundError: refused; nothing was written.
    """
    data = read_capped(path, AUTHORISATION.cap, AUTHORISATION.title)
    basis = _believed(setting, path, data)
    _agree(setting, basis)
    roster = _roster(setting, path, basis)
    slips = printed_slips(setting, path, read_authorisation(data, enrolled(setting.home)))
    token = _stick(setting)
    remarks = check_machine(setting, token, rehearsal=basis.mode == "rehearsal")
    answers, laptop = ask_hall(setting, basis.assessed.name)
    supervisor, teller = _officers(setting.desk, basis)
    codes = _codes(setting.desk, basis, activation_code)
    request = OpenRequest(
        authorisation=data,
        activation_code=codes.activation,
        teller_name=teller,
        supervisor_code=codes.supervisor,
        teller_code=codes.teller,
        pin=codes.pin,
        supervisor_name=supervisor,
        rehearsal=basis.mode == "rehearsal",
        roster=roster,
        laptop=laptop,
        token=token,
        readiness=(*remarks, *answers),
        slips=slips,
    )
    setting.desk.say("正在封箱…")
    opened = open_round(setting.home, request, roots=enrolled(setting.home), now=setting.now())
    for folder in opened.left:
        setting.desk.warn(LEFT.format(folder=folder))
    _read_aloud(setting.desk, basis, opened)
    if opened.slips:
        setting.desk.heading("投票凭条")
        setting.desk.say(*after_slips(opened.slips))
        setting.desk.pause()
    return opened.round_id


def _is_open(setting: Setting, path: Path) -> bool:
    """Whether the round was opened here; a file that can't be read is still offered, and refused with its reason."""
    try:
        data = read_capped(path, AUTHORISATION.cap, AUTHORISATION.title)
        round_id = read_authorisation(data, enrolled(setting.home)).record.round_id
    except RoundError:
        return False
    return setting.home.folder(round_id).path.exists()


def _believed(setting: Setting, path: Path, data: bytes) -> Authorisation:
    """The authorisation under an enrolled organisation; an unknown one may be enrolled from its card.

    Raises:
        UntrustedIssuer: nobody vouches for it.
    """
    try:
        return read_authorisation(data, enrolled(setting.home)).record
    except UntrustedIssuer:
        card = _card_of(setting, path, data)
    _enrol(setting, card)
    return read_authorisation(data, enrolled(setting.home)).record


def _card_of(setting: Setting, path: Path, data: bytes) -> bytes:
    """The card, among those within reach, that the authorisation is signed under."""
    for file in found_files((path.parent, setting.home.path, Path.cwd(), *setting.media()), ("*.pub",)):
        try:
            card = read_capped(file, CARD.cap, CARD.title)
            record = read_card(card).record
            read_authorisation(data, {record.signing: record.name})
        except RoundError:
            continue
        return card
    raise UntrustedIssuer(
        "未验证：签发这份批复的单位没有在本机登记。请向上级团组织索取名片（.pub文件），与批复放在同一U盘上，再试一次。"
    )


def _enrol(setting: Setting, card: bytes) -> None:
    record, desk = read_card(card).record, setting.desk
    desk.heading("登记上级团组织")
    desk.say(f"名称：{record.name}", f"指纹：{fingerprint_words(record.signing)}")
    question = "请与对方当面或电话逐字核对指纹，一致吗？"
    if desk.choose(question, ["不一致，或没有核对：不登记", "一致：登记"]) != _YES:
        raise RuleRefusal("指纹未核对一致，没有登记：请与上级团组织核对后再试。")
    enrol(setting.home, card)


def _agree(setting: Setting, basis: Authorisation) -> None:
    """Show what is authorised; refuse early what could not be opened now."""
    desk = setting.desk
    check_window(basis, setting.now(), early=basis.method == "stationed")
    desk.heading("演练批复" if basis.mode == "rehearsal" else "批复")
    desk.say(
        basis.title,
        f"测评对象：{basis.assessed.name}　签发单位：{basis.issuer}",
        f"登记注册团员{basis.registered}名，至少{quorum_needed(basis.registered)}名参与方为有效；"
        f"书记{'参加' if basis.secretary_votes else '不参加'}投票。",
        f"指导监督人员：{basis.supervisor or '未载明'}　地点：{basis.place or '未载明'}",
    )
    if basis.mode == "rehearsal":
        desk.warn("这是演练，结果不能作为正式结果。")
    if basis.registered < FEW_MEMBERS:
        desk.warn(f"登记注册团员只有{basis.registered}名，票数本身可能透露个人的选择：请向团员说明。")
    desk.choose("是这一次测评吗？", ["是，开始验箱封箱"])


def _roster(setting: Setting, path: Path, basis: Authorisation) -> tuple[str, ...]:
    """The members, where the authorisation names a roster; the same list as then."""
    if not basis.roster_digest:
        return ()
    files = found_files((path.parent, Path.cwd(), *setting.media()), ("*.txt", "*.csv"))
    while True:
        members = read_roster(choose_file(setting.desk, "批复载明用花名册，是哪一份？", files))
        if roster_digest(members) == basis.roster_digest:
            return members
        setting.desk.say("这不是批复时的花名册：请选上级团组织批复时的同一份。")


def _stick(setting: Setting) -> Path | None:
    desk = setting.desk
    desk.heading("票箱U盘")
    desk.say("密钥放在U盘上，票箱在电脑上，两样合起来才打得开。U盘从现在起一直插着，到计票后。")
    token = choose_folder(desk, "密钥放在哪里？", setting.media, "不用U盘，放在本机磁盘（保护较弱，结果载明）")
    if token is None:
        desk.warn("未用票箱U盘，密钥与票箱同在本机磁盘，保护较弱，结果文件将如实载明。")
    return token


def _officers(desk: Desk, basis: Authorisation) -> tuple[str, str]:
    """The supervisor's name (empty where the authorisation has it) and the teller's; neither is the assessed."""
    desk.heading("两名工作人员")
    desk.say("计票人由团员当场推选。被测评的书记不能担任指导监督人员或计票人。")
    given = "" if basis.supervisor else desk.text("指导监督人员姓名", _reads_officer(basis, "", "指导监督人员姓名"))
    return given, desk.text("计票人姓名", _reads_officer(basis, basis.supervisor or given, "计票人姓名"))


def _reads_officer(basis: Authorisation, other: str, what: str) -> Callable[[str], str]:
    def read(typed: str) -> str:
        name = reads_name(what)(typed)
        try:
            check_names(basis.assessed.name, other, name)
        except VerificationFailure as failure:
            raise BadInput(str(failure)) from None
        return name

    return read


def _codes(desk: Desk, basis: Authorisation, activation_code: str) -> _Codes:
    activation = activation_code or _activation(desk, basis)
    desk.heading("两名工作人员各设一个口令")
    desk.say("每人自己输入、自己记住：至少8个字符，可以全用数字（最好12位），不要告诉别人。开始投票和计票都要用。")
    supervisor = desk.new_secret("指导监督人员口令", lambda typed: read_officer_code(typed, "指导监督人员口令"))
    teller = desk.new_secret("计票人口令", lambda typed: _another(typed, supervisor))
    desk.heading("开启口令")
    desk.say("指导监督人员每请一位团员上前，就输入一次开启口令：6至12位数字，只由指导监督人员知道。")
    return _Codes(activation, supervisor, teller, desk.new_secret("开启口令", read_pin))


def _another(typed: str, supervisor: str) -> str:
    code = read_officer_code(typed, "计票人口令")
    if code == supervisor:
        raise BadInput("指导监督人员与计票人的口令不得相同：请计票人另设。")
    return code


def _activation(desk: Desk, basis: Authorisation) -> str:
    """The 启用码 from the supervisor's paper, tried at once."""
    desk.heading("启用码")
    desk.say("由指导监督人员照纸面输入：四组，每组四位字母和数字；大小写、空格和连字符不论。")
    for left in reversed(range(_TRIES)):
        try:
            code = read_printed_code(desk.secret("启用码"), "启用码")
            open_round_keys(basis.activation, code, "启用码")
        except VerificationFailure as failure:
            desk.say(f"{failure}" + (f"（还可再试{left}次）" if left else ""))
        else:
            return code
    raise RuleRefusal("启用码三次不正确，没有封箱：请核对是不是本次测评的启用码，并与上级团组织联系。")


def _read_aloud(desk: Desk, basis: Authorisation, opened: Opened) -> None:
    """The zero report's sentence, then the method and the five duties (附件 1; read once before voting)."""
    desk.heading("已封箱")
    desk.read_aloud("票箱为空，现在封箱，开始投票。", f"箱号：{opened.box_words}")
    desk.say("请两名工作人员记下箱号：投票界面和公布结果时都会显示，须是同一个。")
    desk.pause("表示已宣读")
    desk.heading("介绍测评办法")
    desk.read_aloud(basis.instruction, "团支部书记基本履职要求：", *basis.duties)
    desk.pause("表示已宣读")
