"""A real X server with a real second output: the kept connection sees a mirror appear. Needs Xorg's dummy driver."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.checks.asking import XOutputs
from kiosk.checks.model import Surroundings
from kiosk.checks.room import room_refusal

CONFIGURATION = """
Section "Device"
  Identifier "device"
  Driver "dummy"
  VideoRam 64000
EndSection
Section "Screen"
  Identifier "screen"
  Device "device"
EndSection
Section "ServerFlags"
  Option "AutoAddDevices" "false"
EndSection
"""
MODE = "1024x768"


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """A server of sixteen outputs of which one is connected."""
    drivers = Path("/usr/lib/xorg/modules/drivers")
    if not (shutil.which("Xorg") and shutil.which("xrandr") and (drivers / "dummy_drv.so").exists()):
        pytest.skip("Xorg with its dummy driver and xrandr are not installed")
    if os.geteuid() != 0:
        pytest.skip("Xorg without a screen of its own needs root")
    configuration = tmp_path / "dummy.conf"
    configuration.write_text(CONFIGURATION, encoding="utf-8")
    read, write = os.pipe()
    words = ["Xorg", "-config", str(configuration), "-noreset", "-novtswitch", "-sharevts", "-nolisten", "tcp"]
    words += ["-logfile", str(tmp_path / "log"), "-displayfd", str(write)]
    with subprocess.Popen(words, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read, encoding="ascii") as answer:
            number = answer.readline().strip()  # given once the server takes connections; empty if it ends before
        if not number:
            pytest.skip("Xorg does not start here")
        yield f":{number}"
        server.terminate()


def xrandr(display: str, *words: str) -> None:
    subprocess.run(["xrandr", "--display", display, *words], check=True, stdout=subprocess.DEVNULL)


def test_a_mirror_is_seen(display: str) -> None:
    outputs, environment = XOutputs(), {"DISPLAY": display}
    nowhere = Path("/nowhere")
    around = Surroundings(
        platform="linux", sys_root=nowhere, proc_root=nowhere, environment=environment, x_outputs=outputs
    )
    assert outputs(environment) == 1
    assert room_refusal(around) is None  # the control
    xrandr(display, "--addmode", "DUMMY1", MODE)
    xrandr(display, "--output", "DUMMY1", "--mode", MODE, "--same-as", "DUMMY0")
    assert outputs(environment) == 2
    assert "连接了2台显示器" in str(room_refusal(around))
    assert outputs({"DISPLAY": ":4711"}) is None  # no such server: nothing is told, and nothing is raised
    assert outputs(environment) == 2


def test_without_an_x_server_nothing_is_told() -> None:
    assert XOutputs()({}) is None
    assert XOutputs()({"DISPLAY": "localhost:10.0"}) is None  # shown on another machine: `is_shown_elsewhere`
