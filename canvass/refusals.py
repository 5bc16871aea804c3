"""A database's errors as one line for the clerk: what happened, what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from rounds.errors import Unreadable

FOREIGN = "这个数据库不是本软件的登记库，或由别的版本建立，未作任何改动：请核对登记库的位置。"
NOT_A_DATABASE = "登记库文件不是数据库或已损坏，未作任何改动：请核对位置，或用备份恢复。"

_REMEDIES = {
    "SQLITE_BUSY": "登记库正被另一个程序使用：请等它结束后再试。",
    "SQLITE_LOCKED": "登记库正被另一个程序使用：请等它结束后再试。",
    "SQLITE_NOTADB": NOT_A_DATABASE,
    "SQLITE_CORRUPT": "登记库已损坏：请停止使用，用备份恢复后重新导入结果文件。",
    "SQLITE_READONLY": "登记库只读，无法写入：请检查文件和所在文件夹的写权限。",
    "SQLITE_FULL": "磁盘已满，本次写入未生效：请腾出空间后重新导入，已导入的不受影响。",
    "SQLITE_CANTOPEN": "登记库无法打开：请检查所在文件夹是否存在、是否有权限。",
    "SQLITE_PERM": "登记库无法打开：请检查所在文件夹是否存在、是否有权限。",
    "SQLITE_IOERR": "登记库读写出错，本次写入未生效：请检查磁盘是否已满或已拔出。",
    "SQLITE_CONSTRAINT": "登记库拒绝了自相矛盾的数据，本次写入未生效：请保留该文件并报告。",
}
_CONSTRAINT = _REMEDIES["SQLITE_CONSTRAINT"]
_STATES = {
    "55P03": _REMEDIES["SQLITE_BUSY"],
    "53100": _REMEDIES["SQLITE_FULL"],
    "25006": "登记库只读，无法写入：请联系数据库管理员。",
    "42501": "登记库的数据库用户权限不足：请联系数据库管理员。",
    "28": "登记库的数据库用户名或口令不对：请核对登记库地址。",
    "23": _CONSTRAINT,
    "40": "登记库与另一个程序同时写入而未成，本次写入未生效：请重试。",
    "3D": "登记库地址中的数据库不存在：请联系数据库管理员建立空数据库。",
}
"""PostgreSQL's SQLSTATE, whole or its class (its first two characters)."""
_UNREACHABLE = "登记库的数据库服务器无法连接，本次写入未生效：请检查网络和登记库地址后重试。"
_OTHER = "登记库读写失败，本次写入未生效：请检查文件是否损坏，必要时用备份恢复。"


@contextmanager
def one_line_errors() -> Iterator[None]:
    """The one boundary where a database's errors become a line for the clerk.

    Raises:
        Unreadable: in place of any database error, or of text in the database that is no text.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
        raise Unreadable(_remedy(error)) from None


def _remedy(error: Exception) -> str:
    """By SQLite's extended names (SQLITE_IOERR_WRITE begins with the plain one), or PostgreSQL's SQLSTATE."""
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", "")
    if state:
        return _STATES.get(state) or _STATES.get(state[:2], _OTHER)
    if state is None:  # psycopg: there was no server to ask
        return _UNREACHABLE
    name = "_".join(str(getattr(origin, "sqlite_errorname", "")).split("_")[:2])
    return _REMEDIES.get(name, _OTHER)
