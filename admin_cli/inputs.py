"""Values on the command line, read with Chinese complaints: counts, moments, texts, paths, rosters."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import date, datetime
from pathlib import Path

import click

from admin_cli.session import Session
from ballots_store.files import read_capped
from rounds.encoding import MAX_NAME, is_plain, plain, stamp
from rounds.errors import BadInput, Unreadable
from rounds.rules import MAX_COUNT

_MAX_LINE = 200
_MAX_ROSTER_BYTES = 4 * 1024 * 1024


class Count(click.ParamType[int]):
    """A number of people or ballots, 0 to 9,999,999; full-width digits are forgiven."""

    name = "整数"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; a complaint in Chinese otherwise."""
        digits = unicodedata.normalize("NFKC", str(value)).strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_COUNT)):
            return int(digits)
        return self.fail(f"须为0至{MAX_COUNT}之间的整数。", param, ctx)


class Moment(click.ParamType[str]):
    """A time in ISO 8601 with offset, stored to the second: 2017-04-01T14:30:00+08:00."""

    name = "时间"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The time as signed files spell it; a complaint in Chinese otherwise."""
        try:
            return stamp(datetime.fromisoformat(str(value))) if value else ""
        except ValueError:
            return self.fail("须为带时区的时间，形如 2017-04-01T14:30:00+08:00。", param, ctx)


class Day(click.ParamType[date]):
    """A day, 2017-04-01; `done`: of something that has been done, so today at the latest."""

    name = "日期"

    def __init__(self, *, done: bool = False) -> None:
        """See the class."""
        self._done = done

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day; a complaint in Chinese otherwise."""
        try:
            day = date.fromisoformat(unicodedata.normalize("NFKC", str(value)).strip())
        except ValueError:
            return self.fail("须为日期，形如 2017-04-01。", param, ctx)
        session = ctx.find_object(Session) if ctx is not None and self._done else None
        if session is not None and day > (today := session.now().date()):
            return self.fail(f"晚于今天（{today}）：请核对日期和本机时钟。", param, ctx)
        return day


class Words(click.ParamType[str]):
    """A name or a line of text as signed files hold it: NFC, visible characters, bounded."""

    def __init__(self, longest: int = MAX_NAME, *, shortest: int = 1) -> None:
        """`longest`, `shortest`: how many characters."""
        self.name = "文字"
        self._longest = longest
        self._shortest = shortest

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text; a complaint in Chinese otherwise."""
        text = plain(str(value))
        if self._shortest <= len(text) <= self._longest and is_plain(text):
            return text
        return self.fail(f"须为1至{self._longest}个可见字符。", param, ctx)


class OneOf(click.ParamType[str]):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        """`words`: the choices."""
        self.name = "|".join(words)
        self._words = words

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word; a complaint in Chinese otherwise."""
        return str(value) if value in self._words else self.fail(f"只能是 {' 或 '.join(self._words)}。", param, ctx)


COUNT = Count()
MOMENT = Moment()
DAY = Day()
DONE_DAY = Day(done=True)
NAME = Words()
OPTIONAL_NAME = Words(shortest=0)
LINE = Words(_MAX_LINE)
OPTIONAL_LINE = Words(_MAX_LINE, shortest=0)
FILE = click.Path(path_type=Path)
"""A path; what may be wrong with it is said where it is read or written."""


def check_suffix(path: Path, *suffixes: str) -> None:
    """See that a file to be written bears the name of what it will be.

    Raises:
        BadInput: it bears none of `suffixes`.
    """
    if path.suffix.lower() not in suffixes:
        raise BadInput(f"文件名“{path.name}”须以 {' 或 '.join(suffixes)} 结尾。")


def checked_line(text: str, what: str) -> str:
    """`text` typed at a prompt, as a line that signed files may hold.

    Raises:
        BadInput: empty, too long or not plain.
    """
    line = plain(text)
    if 1 <= len(line) <= _MAX_LINE and is_plain(line):
        return line
    raise BadInput(f"{what}须为1至{_MAX_LINE}个可见字符：请重新填写。")


def read_roster(path: Path) -> tuple[str, ...]:
    """The members in `path`, one a line (.csv: the first column, a heading 姓名 skipped), empty lines left out.

    Raises:
        Unreadable: it can't be read or is not UTF-8.
        BadInput: an unusable or repeated line, named by its number, never by the name.
    """
    try:
        text = read_capped(path, _MAX_ROSTER_BYTES, "花名册").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(f"花名册“{path}”不是 UTF-8 编码：请另存为 UTF-8 后再试。") from None
    members: dict[str, int] = {}
    for number, cell in _cells(text, is_csv=path.suffix.lower() == ".csv"):
        member = plain(cell)
        if not member:
            continue
        if len(member) > MAX_NAME or not is_plain(member):
            raise BadInput(f"花名册第{number}行不是1至{MAX_NAME}个可见字符：请改正。")
        if member in members:
            raise BadInput(f"花名册第{number}行与第{members[member]}行重复：请删去一行，同名的加注以示区别。")
        members[member] = number
    return tuple(members)


def _cells(text: str, *, is_csv: bool) -> list[tuple[int, str]]:
    if not is_csv:
        return list(enumerate(text.splitlines(), start=1))
    try:
        rows = list(enumerate(csv.reader(io.StringIO(text, newline="")), start=1))
    except csv.Error:
        raise Unreadable("花名册不是有效的 CSV 文件：请核对，或改用每行一人的 .txt。") from None
    cells = [(number, row[0] if row else "") for number, row in rows]
    return cells[1:] if cells and cells[0][1].strip() == "姓名" else cells
