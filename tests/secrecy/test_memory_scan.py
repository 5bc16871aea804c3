"""Whether this machine lets the leak tests read the kiosk's memory; where it does not, the report says so here."""

from __future__ import annotations

import secrets
import subprocess
import sys

import pytest
from leaks import cannot_read_memory, in_memory, spelled

HOLDER = "import sys; kept = sys.stdin.readline(); print('kept', flush=True); sys.stdin.readline()"


@pytest.mark.skipif(bool(cannot_read_memory()), reason=f"the kiosk's memory is not scanned: {cannot_read_memory()}")
def test_the_scan_finds_what_another_process_keeps_and_nothing_else() -> None:
    kept, other = secrets.token_hex(8), secrets.token_hex(8)
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{kept}\n".encode())
        process.stdin.flush()
        assert process.stdout.readline() == b"kept\n"
        found = in_memory(process.pid, {"kept": spelled(kept), "other": spelled(other)})
        process.stdin.close()
    assert found["kept"] > 0
    assert found["other"] == 0
