"""Displays, programs and cameras: planted, each beside a hall where nothing is planted."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_laptop import Laptop, WindowsHall, row
from rich.cells import cell_len

from kiosk.checks.model import Level, Surroundings
from kiosk.checks.programs import INPUT_METHODS, PROGRAMS, RESTORERS, found_programs, plain
from kiosk.checks.room import cameras, display_count, displays, programs, room_refusal


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


def test_one_display_passes_and_a_second_one_does_not(laptop: Laptop) -> None:
    laptop.display("HDMI-A-1", "disconnected")
    assert row(displays(laptop.around())) == ("ok", "连接了1台显示器")
    assert room_refusal(laptop.around()) is None
    laptop.display("HDMI-A-1")
    assert row(displays(laptop.around())) == ("refuse", "连接了2台显示器，别人能看到选票")
    assert "连接了2台显示器" in str(room_refusal(laptop.around()))
    laptop.display("HDMI-A-1", "disconnected")
    assert room_refusal(laptop.around()) is None  # it goes on once it is gone


def test_the_x_server_may_know_of_more(laptop: Laptop) -> None:
    assert display_count(laptop.around(x_outputs=lambda _environment: None)) == 1
    assert displays(laptop.around(x_outputs=lambda _environment: 3)).level is Level.REFUSE


def test_where_it_cannot_be_told_the_hall_is_asked_and_nobody_is_kept_out(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path)
    for status in laptop.sys.glob("class/drm/*/status"):
        status.unlink()
    around = laptop.around(x_outputs=lambda _environment: None)
    found = displays(around)
    assert (found.level, found.if_no) == (Level.ASK, Level.REFUSE)
    assert "是吗？" in found.remedy
    assert room_refusal(around) is None


@pytest.mark.parametrize("environment", [{"DISPLAY": "localhost:10.0"}, {"SSH_CONNECTION": "a 1 b 2", "DISPLAY": ":0"}])
def test_a_session_shown_elsewhere_is_asked_about(laptop: Laptop, environment: dict[str, str]) -> None:
    assert displays(laptop.around(environment=environment)).level is Level.ASK
    assert displays(laptop.around()).level is Level.OK


@pytest.mark.parametrize(
    ("comm", "exe", "label"),
    [
        ("anydesk", "", "AnyDesk"),
        ("ToDesk_Service", "", "ToDesk"),
        ("oray_rundaemon", "", "向日葵"),
        ("StudentMain.exe", "", "极域电子教室"),
        ("python3", "/usr/bin/x11vnc", "VNC 服务"),
        ("obs", "/usr/bin/obs", "OBS"),
        ("chrome-remote-d", "", "Chrome 远程桌面"),  # cut after 15 characters by the kernel
    ],
)
def test_a_program_that_shows_the_screen_stops_the_voting(laptop: Laptop, comm: str, exe: str, label: str) -> None:
    assert programs(laptop.around()).level is Level.OK
    laptop.process(4711, comm, exe)
    assert row(programs(laptop.around())) == ("refuse", f"正在运行：{label}")
    assert f"{label}正在运行，未开启" in str(room_refusal(laptop.around()))


def test_a_program_that_could_is_warned_of_and_keeps_nobody_out(laptop: Laptop) -> None:
    laptop.process(4711, "wemeetapp")
    laptop.process(4712, "dingtalk")
    assert row(programs(laptop.around())) == ("warn", "正在运行：腾讯会议、钉钉")
    assert room_refusal(laptop.around()) is None


def test_where_other_users_are_hidden_the_hall_is_asked(laptop: Laptop) -> None:
    (laptop.proc / "1/comm").unlink()
    assert programs(laptop.around()).level is Level.ASK


def on_windows(**answers: object) -> Surroundings:
    return Surroundings(platform="win32", windows=WindowsHall(**answers))


def test_windows_is_asked_for_displays_programs_and_its_session() -> None:
    assert (displays(on_windows()).level, programs(on_windows()).level) == (Level.OK, Level.OK)
    assert displays(on_windows(displays=2)).level is Level.REFUSE
    assert displays(on_windows(displays=None)).level is Level.ASK
    assert displays(on_windows(remote=True)).level is Level.ASK
    assert programs(on_windows(processes=["SunloginClient.exe"])).level is Level.REFUSE
    assert programs(on_windows(processes=["WeMeetApp.exe"])).level is Level.WARN


def test_cameras_are_always_asked_about(laptop: Laptop) -> None:
    assert cameras(laptop.around()).level is Level.ASK
    (laptop.dev / "video0").touch()
    assert "本机带有摄像头" in cameras(laptop.around()).seen


def test_the_tables_are_in_the_form_in_which_they_are_compared() -> None:
    names = [name for program in PROGRAMS for name in program.names]
    assert len(names) == len(set(names))
    assert all(plain(name) == name for name in [*names, *RESTORERS, *INPUT_METHODS])
    assert found_programs(["bash", "obsidian", "zoomed", "teamspeak"]) == ()


def test_every_refusal_stands_on_one_line_of_the_locked_screen(laptop: Laptop) -> None:
    for program in PROGRAMS:
        laptop.process(4711, program.names[0])
        assert cell_len(room_refusal(laptop.around()) or "") <= 76
