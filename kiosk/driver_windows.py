"""The driver for a Windows console: `kiosk.driver`'s twin, as far as a console allows.

Its decisions are in `kiosk.console_keys` and `kiosk.handover`, which are tested everywhere; what is left here are the
system calls, written from the documentation and never run on Windows (deploy/README.md).
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from ctypes import byref, wintypes
    from threading import Thread
    from typing import TYPE_CHECKING, Any, TextIO, cast

    from textual import events
    from textual.drivers import win32
    from textual.drivers._writer_thread import WriterThread
    from textual.drivers.windows_driver import WindowsDriver
    from textual.geometry import Size

    from kiosk import tty
    from kiosk.console_keys import Records, listen
    from kiosk.handover import HandOver

    if TYPE_CHECKING:
        from textual.app import App

        from kiosk.hardened import HardenedApp

    _MOST_RECORDS = 1024
    _QUIET_MS = 100
    _KEY, _RESIZED = 0x0001, 0x0004
    """KEY_EVENT, WINDOW_BUFFER_SIZE_EVENT of wincon.h."""

    class KioskDriver(WindowsDriver):
        """Reads keys and sizes and nothing else from the console."""

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
            super().__init__(app, debug=False, mouse=False, size=size)
            self.active = False
            self._keys = HandOver(app, self._loop)

        def start_application_mode(self) -> None:
            """Take the console; neither focus reports nor kitty's keys are asked for."""
            self._restore_console = win32.enable_application_mode()
            self._writer_thread = WriterThread(cast("TextIO", self._file))
            self._writer_thread.start()
            self.active = True
            self.take_terminal()
            self._event_thread = Thread(target=self._listen, name="kiosk-input", daemon=True)
            self._event_thread.start()

        def take_terminal(self) -> None:
            """Clear the screen and turn off what a program that died here may have left on."""
            self.write(tty.ENTER)

        def stop_application_mode(self) -> None:
            """Wipe the last screen and leave the alternate buffer; `close` restores the console's modes."""
            self.disable_input()
            if self.active:
                self.active = False
                self.write(tty.LEAVE)

        def abandon(self) -> None:
            """Do nothing: a console window takes its process with it."""

        def offer(self, keys: list[str]) -> None:
            """Hand keys to the app, from any thread."""
            self._keys.offer(keys)

        def open_url(self, url: str, new_tab: bool = True) -> None:
            """Open nothing."""

        def deliver_binary(self, *_: object, **__: object) -> None:
            """Save nothing: a screenshot is a file that shows a choice."""

        def _listen(self) -> None:
            try:
                listen(self._read, self.exit_event.is_set, self._keys.offer, self._resized)
            except Exception:  # noqa: BLE001 - whatever it was, without keys there is no kiosk; nothing of it is printed
                cast("HardenedApp", self._app).crash()

        def _read(self) -> Records | None:
            handle = win32.GetStdHandle(win32.STD_INPUT_HANDLE)
            if win32.wait_for_handles([handle], _QUIET_MS) is None:
                return None
            records, count = (win32.INPUT_RECORD * _MOST_RECORDS)(), wintypes.DWORD(0)
            win32.KERNEL32.ReadConsoleInputW(handle, byref(records), _MOST_RECORDS, byref(count))
            units, size = [], None
            for record in records[: count.value]:
                if record.EventType == _KEY and record.Event.KeyEvent.bKeyDown:
                    units.append(record.Event.KeyEvent.uChar.UnicodeChar)
                elif record.EventType == _RESIZED:
                    there = record.Event.WindowBufferSizeEvent.dwSize
                    size = (there.X, there.Y)
            return Records("".join(units), size)

        def _resized(self, columns: int, rows: int) -> None:
            size = Size(columns, rows)
            self._loop.call_soon_threadsafe(self._app.post_message, events.Resize(size, size))
