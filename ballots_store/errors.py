"""What the box refuses beyond the rules; each is one of `rounds.errors`' four, so it has its exit code already."""

from __future__ import annotations

from rounds.errors import BadInput, RuleRefusal, Unreadable


class BoxInUse(RuleRefusal):
    """Another process holds the box."""

    def __init__(self) -> None:
        """The line for the user."""
        super().__init__("票箱正在使用中：请先在投票界面结束投票并退出，再执行本操作。")


class BoxDestroyed(RuleRefusal):
    """The box was destroyed by two holders; there is nothing left to open."""

    def __init__(self) -> None:
        """The line for the user."""
        super().__init__("本次测评的票箱已由两名工作人员销毁，不能再启动、计票或复核：销毁记录用 status 查看。")


class BelowQuorum(RuleRefusal):
    """Too few have voted to count, and nobody gave a reason to end here; the box stays open."""

    def __init__(self, collected: int, missing: int) -> None:
        """`collected` ballots lie in the box, `missing` more make the round valid."""
        super().__init__(
            f"收回{collected}张，未达团员总数三分之二，还差{missing}人：请继续投票；"
            "确需结束的，用 --below-quorum 写明原因，本次测评无效。"
        )
        self.collected = collected
        self.missing = missing


class LeftoverMissing(BadInput):
    """The round has slips, and nobody said how many of them were not handed out."""

    def __init__(self, made: int) -> None:
        """`made`: how many slips there are in all."""
        super().__init__("本次测评用了投票凭条：计票前须清点未发出的凭条，用 --leftover 写明张数（全部发出的写0）。")
        self.made = made


class StorageFailure(Unreadable):
    """The box, its key slots or a file beside them can't be read or written; nothing was re-initialised."""


class BoxStopped(StorageFailure):
    """A write failed and this object is dropped: the disk is consistent, and a new start finds out what it holds."""

    def __init__(self) -> None:
        """The line for the user."""
        super().__init__("票箱写入失败，已停止：请检查磁盘和票箱U盘，由两名工作人员重新启动。")


class TokenAway(StorageFailure):
    """The key slots can't be reached, read or written: the 票箱U盘 is out, another round's, read-only, full or broken.

    What was under way may or may not be on the medium; nothing of it may be acknowledged.
    """

    def __init__(self, line: str, short: str) -> None:
        """`line` for the terminal: what is wrong and what to do; `short`: a few words for the kiosk's screen."""
        super().__init__(line)
        self.short = short
