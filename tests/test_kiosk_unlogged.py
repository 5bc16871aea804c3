"""A full disk under the log alone: the voting is held, its end is shown, and stderr says what has no line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hall import end_voting
from real_kiosk import rehearsed, voting

from ballots_store.status import round_status

pytestmark = pytest.mark.pty


def test_a_voting_is_held_to_its_end_without_a_log(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    log = rehearsal.home.folder(rehearsal.round_id).log
    log.unlink()
    log.symlink_to("/dev/full")
    with voting(rehearsal) as terminal:
        before, _, _ = terminal.raw.decode().partition("\x1b[?1049h")
        assert "已启动，但未能记入测评日志" in before
        seen = len(terminal.raw)
        end_voting(terminal, rehearsal.pin)
        assert terminal.exit_status() == 0
        *_, after = terminal.raw[seen:].decode().split("\x1b[?1049l")
        assert "已停止投票，但未能记入测评日志：无法写入测评日志（磁盘已满）" in after
    assert round_status(rehearsal.home, rehearsal.round_id).state == "stopped"
