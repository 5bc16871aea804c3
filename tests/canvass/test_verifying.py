"""Verification in processes beside the import: the same answers, and none of them outlives it or runs foreign code."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO

import pytest
from canvass_desk import Desk, go, kill, new_desk, output
from rounds_factory import ROOTS, make_round, payload_digest

from canvass import importing, verifying
from canvass.verifying import VerifyingProcess, verify
from rounds.errors import Unreadable

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes under /proc")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Results, a conflict, a chain of attempts whose second file comes first, and five that are refused."""
    plain = [make_round(branch_name=f"第{number}团支部") for number in range(4)]
    made = {f"{number}.result": one.result(4, 1) for number, one in enumerate(plain)}
    made["a.result"] = plain[0].reopened().result(4, 1)
    made["z.void"] = (voided := make_round(branch_name="重新测评团支部")).void()
    made["c.result"] = voided.next_attempt(payload_digest(made["z.void"])).result(4, 1)
    made["d.result"] = make_round(rehearsal=True).result(4, 1)
    made["e.result"] = made["1.result"].replace(b'"sig":"', b'"sig":"A', 1)
    made["f.result"] = b"[" * 100_000
    made["g.result"] = b"x" * 2_000_000
    made["h.result"] = b""
    made["i.result"] = made["2.result"]
    return made


def lay(desk: Desk, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        desk.put(name, data)


def test_processes_give_the_fates_and_rows_of_this_process(tmp_path: Path, files: dict[str, bytes]) -> None:
    found = []
    for few in (0, 1000):
        with new_desk(tmp_path / "desk") as desk:
            lay(desk, files)
            os.mkfifo(desk.incoming / "pipe.result")
            fates = desk.take_in(few=few)
            found.append((fates, desk.facts(), desk.dump()["ends"]))
        (tmp_path / "desk").rename(tmp_path / str(few))
    assert found[0] == found[1]
    assert {fate.fate for fate in found[0][0]} == set(importing.Fate)


def test_a_process_answers_for_paths_and_for_bytes_as_this_one_does(tmp_path: Path, files: dict[str, bytes]) -> None:
    paths = [tmp_path / name for name in files]
    for path, data in zip(paths, files.values(), strict=True):
        path.write_bytes(data)
    given: list[Path | bytes] = [*paths, *files.values(), tmp_path / "gone", tmp_path / os.fsdecode(b"\xff\n.result")]
    process = VerifyingProcess(ROOTS, 2016)
    try:
        assert process.verify(given) == [verify(file, ROOTS, 2016) for file in given]
        assert process.verify([]) == []
    finally:
        process.close()


def test_the_roots_and_the_year_decide_there_too(files: dict[str, bytes]) -> None:
    for roots, year, word in (({}, 2016, "未验证"), (ROOTS, 2015, "2016年度")):
        process = VerifyingProcess(roots, year)
        try:
            (verdict,) = process.verify([files["1.result"]])
        finally:
            process.close()
        assert isinstance(verdict, str)
        assert word in verdict


def test_a_process_that_dies_stops_the_import_in_one_line_and_the_next_run_goes_on(
    sqlite_desk: Desk, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(sqlite_desk, files)
    monkeypatch.setattr(importing, "_TASK", 2)
    asked = VerifyingProcess.verify

    def die_at_the_third(process: VerifyingProcess, given: list[Path | bytes]) -> object:
        if any(isinstance(file, Path) and file.name == "a.result" for file in given):
            (child,) = children(os.getpid(), process)
            os.kill(child, signal.SIGKILL)
        return asked(process, given)

    monkeypatch.setattr(VerifyingProcess, "verify", die_at_the_third)
    with pytest.raises(Unreadable, match="核验进程意外结束") as refused:
        sqlite_desk.take_in(few=0, batch=2)
    assert "\n" not in str(refused.value)
    assert children(os.getpid()) == []
    monkeypatch.undo()
    sqlite_desk.take_in(few=0)
    with new_desk(sqlite_desk.folder / "other") as other:
        lay(other, files)
        other.take_in()
        assert sqlite_desk.files() == other.files()


def children(parent: int, process: VerifyingProcess | None = None) -> list[int]:
    """The verifying processes of `parent`, or the one of `process`."""
    if process is not None:
        return [process._process.pid]  # noqa: SLF001  the very thing to end
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return [child for child in found if b"canvass.verifying" in command(child)]


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def until(true: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("held", [False, True])
def test_no_process_outlives_an_importer_that_is_killed(
    sqlite_desk: Desk, files: dict[str, bytes], *, held: bool
) -> None:
    """The control: one whose input somebody else holds open too does outlive it, so that its end is no accident."""
    lay(sqlite_desk, files)
    importer = sqlite_desk.importer(few=0)
    go(importer, 2)
    assert output(importer).readline()
    (child,) = children(importer.pid)
    descriptor = os.open(f"/proc/{child}/fd/0", os.O_WRONLY) if held else None
    kill(importer)
    assert until(lambda: not command(child), 1 if held else 30) is not held
    if descriptor is not None:
        os.close(descriptor)
        assert until(lambda: not command(child))


def test_a_module_beside_the_files_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clerk imports from within a folder that others have filled; the control runs what lies there."""
    for name in ("canvass", "msgspec", "rounds"):
        (tmp_path / f"{name}.py").write_text("open('run', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    process = VerifyingProcess(ROOTS, None)
    try:
        (verdict,) = process.verify([b""])
    finally:
        process.close()
    assert isinstance(verdict, str)
    assert not Path("run").exists()
    here = {"PYTHONPATH": str(Path(importing.__file__).parent.parent)}
    subprocess.run([sys.executable, "-m", "canvass.verifying"], env=here, capture_output=True, check=False)
    assert Path("run").exists()


def test_an_answer_larger_than_a_pipe_arrives_whole_though_its_writer_is_stopped(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that is interrupted writes a part; Python's own standard output would then drop the rest, unbuffered."""
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    process, given = VerifyingProcess(ROOTS, None), [files["1.result"]] * 100
    asking = Thread(target=stop_while_it_writes, args=(process._process.pid,))  # noqa: SLF001  the one to stop
    asking.start()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(slow_reader, process, given)
        try:
            assert len(answer.result(30)) == len(given)
        finally:
            asking.join()
            process.close()


def slow_reader(process: VerifyingProcess, given: list[bytes]) -> list[object]:
    """Asks, and reads the answer only once the pipe has been full for a while."""
    receive_now = verifying._receive  # noqa: SLF001  to put off what it does

    def later(stream: IO[bytes]) -> bytes | None:
        assert until(lambda: waiting(stream) >= PIPE)
        time.sleep(0.5)
        return receive_now(stream)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifying, "_receive", later)
        return list(process.verify(given))


PIPE = 65_536


def waiting(stream: IO[bytes]) -> int:
    """Bytes that lie in a pipe."""
    return int.from_bytes(fcntl.ioctl(stream, termios.FIONREAD, bytes(4)), sys.byteorder)


def stop_while_it_writes(pid: int) -> None:
    for _ in range(100):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.02)
