"""The driver between a POSIX terminal and the kiosk: own input, own output, no way to be stopped or starved.

Textual's `LinuxDriver` is the base only for its type and `disable_input`; textual is pinned exactly for that.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import termios
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TextIO, cast

from textual import events
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from kiosk import tty
from kiosk.handover import HandOver
from kiosk.keystrokes import KeyReader

if TYPE_CHECKING:
    from textual.app import App

    from kiosk.hardened import HardenedApp

_QUIET_S = 0.1
"""A pause this long ends an escape sequence: nobody's Esc key is followed by another key within it."""
_READ_SIZE = 4096
_ASSUMED_SIZE = (80, 24)

_OFF_INPUT = (
    termios.BRKINT
    | termios.ICRNL
    | termios.INLCR
    | termios.IGNCR
    | termios.INPCK
    | termios.ISTRIP
    | termios.IXON  # Ctrl+S would freeze the screen with a choice on it
    | termios.IXOFF
    | termios.PARMRK
)
_OFF_LOCAL = termios.ECHO | termios.ECHONL | termios.ICANON | termios.IEXTEN | termios.ISIG


class _Writer(WriterThread):
    """Writes UTF-8 straight to the terminal and survives its end: stock dies of EIO and the app hangs on its queue."""

    def __init__(self, driver: KioskDriver, output: TextIO) -> None:
        super().__init__(output)
        self._driver = driver

    def run(self) -> None:
        """Write until told to stop; after the terminal's end go on taking, and write nothing."""
        while (text := self._queue.get()) is not None:
            if self._driver.abandoned:
                continue
            try:
                tty.write_all(self._file.fileno(), text.encode("utf-8", "replace"))
            except OSError:
                self._driver.lose_terminal()


class KioskDriver(LinuxDriver):
    """Reads keys and nothing else from the terminal; draws on stdout, so that `2>log` keeps no picture of a ballot."""

    can_suspend = False

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Prepare the driver; `debug` (a key log) and `mouse` are refused whatever they say."""
        del debug, mouse
        # not LinuxDriver's own: it installs handlers that stop the process on SIGTSTP
        Driver.__init__(self, app, debug=False, mouse=False, size=size)
        self._output = cast("TextIO", sys.__stdout__)
        self.fileno = cast("TextIO", sys.__stdin__).fileno()
        self.exit_event = Event()
        self.active = False
        self.abandoned = False
        self._key_thread: Thread | None = None
        self._writer_thread: WriterThread | None = None
        self._keys = HandOver(app, self._loop)

    @property
    def _hardened(self) -> HardenedApp:
        return cast("HardenedApp", self._app)

    def write(self, data: str) -> None:
        """Queue `data` for the terminal; dropped once the terminal is gone or given back."""
        if self._writer_thread is not None and not self.abandoned:
            self._writer_thread.write(data)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._writer_thread = _Writer(self, self._output)
        self._writer_thread.start()
        self.active = True
        signal.signal(signal.SIGWINCH, lambda *_: self._loop.call_soon_threadsafe(self._size_changed))
        self._send_size()
        self.take_terminal()
        self._key_thread = Thread(target=self._run_input_thread, name="kiosk-input", daemon=True)
        self._key_thread.start()

    def take_terminal(self) -> None:
        """Set the modes of a terminal that only we read and draw on; again after somebody stopped the process."""
        try:
            modes = termios.tcgetattr(self.fileno)
            modes[0] &= ~_OFF_INPUT
            modes[3] &= ~_OFF_LOCAL
            modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
            termios.tcsetattr(self.fileno, termios.TCSANOW, modes)
        except termios.error:  # a terminal that hangs up sends SIGCONT too
            self.lose_terminal()
        self.write(tty.ENTER)

    def stop_application_mode(self) -> None:
        """Wipe the last screen and leave the terminal's alternate buffer; `tty.given_back` restores its modes."""
        self.disable_input()
        if self.active:
            self.active = False
            self.write(tty.LEAVE)

    def close(self) -> None:
        """Write what is queued and end the writer."""
        writer, self._writer_thread = self._writer_thread, None
        if writer is not None:
            writer.stop()

    def abandon(self) -> None:
        """Write nothing more: the terminal is gone."""
        self.abandoned = True

    def lose_terminal(self) -> None:
        """Tell the app that the terminal is gone; called from either thread."""
        if not self.abandoned:
            self.abandon()
            self._hardened.hang_up()

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self._output.fileno())
        except OSError:
            return _ASSUMED_SIZE
        return (width, height) if width and height else _ASSUMED_SIZE

    def _send_size(self) -> None:
        self._size = self._get_terminal_size()
        size = Size(*self._size)
        self._app.post_message(events.Resize(size, size))

    def _size_changed(self) -> None:
        """Signals coalesce: away and back within one of them, the size is the old one and the content is lost."""
        before = self._size
        self._send_size()
        if self._size == before:
            self._hardened.repaint()

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception:  # noqa: BLE001 - whatever it was, without keys there is no kiosk; nothing of it is printed
            self._hardened.crash()

    def run_input_thread(self) -> None:
        """Read keys until told to stop or until the terminal is gone."""
        reader, buffer = KeyReader(), bytearray(_READ_SIZE)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if not selector.select(_QUIET_S):
                    self.offer(reader.quiet())
                elif length := self._read(buffer):
                    self.offer(reader.feed(memoryview(buffer)[:length]))
                    buffer[:] = bytes(_READ_SIZE)  # a code that arrives in one read would stay in the memory
                else:
                    self.lose_terminal()
                    return

    def _read(self, buffer: bytearray) -> int:
        try:
            return os.readv(self.fileno, [buffer])
        except OSError:
            return 0

    def offer(self, keys: list[str]) -> None:
        """Hand keys to the app, from any thread, under one bound for all: the terminal's and the input guard's.

        Args:
            keys: names as `KeyReader` gives them.
        """
        self._keys.offer(keys)

    def open_url(self, url: str, new_tab: bool = True) -> None:
        """Open nothing."""

    def deliver_binary(
        self,
        binary: BinaryIO | TextIO,
        *,
        delivery_key: str,
        save_path: Path,
        open_method: Literal["browser", "download"] = "download",
        encoding: str | None = None,
        mime_type: str | None = None,
        name: str | None = None,
    ) -> None:
        """Save nothing: a screenshot is a file that shows a choice."""
