"""A log that can't be written any more neither undoes nor hides what the box has done, and the result admits it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import NoReturn

import pytest
from box_factory import (
    CLOSED,
    SUPERVISOR,
    TELLER,
    VOTING,
    MadeBox,
    make_box,
    make_issued,
    make_request,
    memory_folder,
    open_box,
    roots,
)
from killing import Acknowledge, in_child
from test_box_holding import as_nobody

from ballots_store import log
from ballots_store.closing import CloseRequest, close_round, stored_end
from ballots_store.errors import StorageFailure
from ballots_store.recounting import recount_round
from ballots_store.status import round_status
from rounds.chain import read_result, read_void_report
from rounds.choices import Choice
from rounds.errors import RuleRefusal

Breaking = Callable[[MadeBox, pytest.MonkeyPatch], None]
FIVE = (Choice.SATISFIED, Choice.SATISFIED, Choice.SATISFIED, Choice.UNSATISFIED, Choice.BLANK)


@pytest.fixture
def made() -> Iterator[MadeBox]:
    with memory_folder() as folder:
        yield make_box(folder / "home").vote(FIVE)


def full(made: MadeBox, _patched: pytest.MonkeyPatch) -> None:
    """The log is on a disk with no room left."""
    made.folder.log.unlink()
    made.folder.log.symlink_to("/dev/full")


def in_the_way(made: MadeBox, _patched: pytest.MonkeyPatch) -> None:
    made.folder.log.unlink()
    made.folder.log.mkdir()


def failing(_made: MadeBox, patched: pytest.MonkeyPatch) -> None:
    """The disk fails in the middle of the line's way to it; what was there can be read."""

    def fail(_descriptor: int) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")

    everything = {name: getattr(os, name) for name in ("open", "fdopen", "O_WRONLY", "O_CREAT", "O_APPEND")}
    patched.setattr(log, "os", SimpleNamespace(**everything, fsync=fail))


BROKEN = pytest.mark.parametrize("break_it", [full, in_the_way, failing])


def undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the failure is passed on, as it was."""
    monkeypatch.setattr(log, "append_after", lambda path, event, at, _warn: log.append(path, event, at))


@BROKEN
def test_a_close_ends_with_its_result(made: MadeBox, break_it: Breaking, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it(made, monkeypatch)
    said: list[str] = []
    closed = made.close(warn=said.append)
    assert len(said) == 1
    assert said[0].startswith("计票已完成，结果有效，但未能记入测评日志：无法写入测评日志（")
    assert stored_end(made.home, made.round_id, token=made.token) == closed.result
    assert round_status(made.home, made.round_id).state == "closed"
    conduct = read_result(closed.result, roots()).end.record.conduct
    assert conduct.log[-1].event == "closed"  # the result's own line, whatever the log holds
    assert conduct.log_complete == (break_it is failing)  # it could still be read, and every line was in it
    monkeypatch.undo()
    assert recount_round(made.home, made.round_id, made.codes(), now=CLOSED).result == closed.end


@BROKEN
def test_the_control_reports_a_failure_of_a_round_that_has_ended(
    made: MadeBox, break_it: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(made, monkeypatch)
    undone(monkeypatch)
    with pytest.raises(StorageFailure, match="测评日志"):
        made.close()
    assert stored_end(made.home, made.round_id, token=made.token) is not None


@BROKEN
def test_a_void_ends_with_its_report(made: MadeBox, break_it: Breaking, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it(made, monkeypatch)
    said: list[str] = []
    report = made.void(warn=said.append)
    assert [line.partition("：")[0] for line in said] == ["已作废，但未能记入测评日志"]
    assert stored_end(made.home, made.round_id, token=made.token) == report
    assert read_void_report(report, roots()).end.record.conduct.log[-1].event == "void"


@BROKEN
def test_a_start_goes_on_and_the_result_misses_its_line(
    made: MadeBox, break_it: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        before = made.folder.log.read_bytes()
        break_it(made, patched)
        box = made.start()
        assert [line.partition("：")[0] for line in box.unlogged] == ["已启动，但未能记入测评日志"]
        made.cast(box, Choice.SATISFIED)
        box.close()
    mend(made, before)
    end = made.close(present=6).end
    assert (end.collected, end.conduct.starts) == (6, 2)
    assert [line.event for line in end.conduct.log].count("started") == 1
    assert not end.conduct.log_complete


def mend(made: MadeBox, content: bytes) -> None:
    """The log as it was before it broke."""
    if made.folder.log.is_dir():
        made.folder.log.rmdir()
    else:
        made.folder.log.unlink()
    made.folder.log.write_bytes(content)


@BROKEN
def test_a_stop_freezes_the_box(made: MadeBox, break_it: Breaking, monkeypatch: pytest.MonkeyPatch) -> None:
    box = made.start()
    with monkeypatch.context() as patched:
        before = made.folder.log.read_bytes()
        break_it(made, patched)
        stopped = box.stop()
        assert [line.partition("：")[0] for line in box.unlogged] == ["已停止投票，但未能记入测评日志"]
        box.close()
    mend(made, before)
    assert round_status(made.home, made.round_id).state == "stopped"
    with pytest.raises(RuleRefusal, match="已停止投票"):
        made.start()
    closed = made.close()
    assert closed.seal_words == stopped.seal_words
    assert closed.end.conduct.stopped
    assert not closed.end.conduct.log_complete


@BROKEN
def test_a_disputed_count_lets_the_box_go(made: MadeBox, break_it: Breaking, monkeypatch: pytest.MonkeyPatch) -> None:
    box = made.start()
    break_it(made, monkeypatch)
    with pytest.raises(RuleRefusal, match="不一致"):
        box.confirm(count_agrees=False)
    assert [line.partition("：")[0] for line in box.unlogged] == ["已停止使用，但未能记入测评日志"]
    monkeypatch.undo()
    made.start().close()


def test_a_clock_that_fails_in_the_middle_stops_no_stop(made: MadeBox) -> None:
    times = iter([VOTING, VOTING])
    box = made.start(clock=lambda: next(times, VOTING.replace(year=1970)))
    box.stop()
    assert "1970" in box.unlogged[0]
    box.close()
    assert round_status(made.home, made.round_id).state == "stopped"


def test_an_opening_whose_log_fails_leaves_no_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is durable yet: no box, and no slots."""
    with memory_folder() as folder:
        (folder / "stick").mkdir()
        issued = make_issued()
        request = make_request(issued, token=folder / "stick")
        with monkeypatch.context() as patched:
            failing(make_box(folder / "other"), patched)
            with pytest.raises(StorageFailure, match="测评日志"):
                open_box(folder / "home", issued, request)
        assert list((folder / "stick").iterdir()) == []
        assert open_box(folder / "home", issued, request).opened.left == ()


def test_a_log_whose_mode_forbids_it(made: MadeBox) -> None:
    home = made.home.path

    def work(acknowledge: Acknowledge) -> None:
        as_nobody(home)
        made.folder.log.chmod(0o400)
        box = made.start()
        box.stop()
        lines = list(box.unlogged)
        box.close()
        result = made.close(warn=lines.append).end
        acknowledge("".join(line.partition("，")[0] for line in lines) + str(result.satisfied))
        acknowledge(str(result.conduct.log_complete))

    fate = in_child(work)
    assert fate.acknowledged == ("已启动已停止投票计票已完成3", "False"), fate.error


def test_where_nobody_takes_the_warning_it_is_pythons(made: MadeBox) -> None:
    full(made, pytest.MonkeyPatch())
    why = "无法写入测评日志（磁盘已满）：请检查磁盘空间和权限。"
    with pytest.warns(RuntimeWarning, match=f"^计票已完成，结果有效，但未能记入测评日志：{why}$"):
        made.close()


def test_codes_that_are_wrong_are_refused_as_before_where_they_cannot_be_noted(made: MadeBox) -> None:
    """Nothing is durable: the failure to note a wrong code stays a failure."""
    full(made, pytest.MonkeyPatch())
    codes = {SUPERVISOR: "wrong code 1", TELLER: "wrong code 2"}
    with pytest.raises(StorageFailure, match="测评日志"):
        close_round(made.home, CloseRequest(made.round_id, codes, 5), now=CLOSED)
    assert round_status(made.home, made.round_id).state == "opened"
