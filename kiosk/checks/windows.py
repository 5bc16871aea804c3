"""What Windows says of displays, programs, drivers, power and the session (ctypes; no other process is started).

Written from the documentation of user32, kernel32 and psapi. Every call that fails is "can't tell": no check may stop
a vote by an error of its own.
"""

from __future__ import annotations

import ctypes
import sys

_ONLY_ACTIVE_PATHS = 2
"""QDC_ONLY_ACTIVE_PATHS: a mirrored projector is a path of its own."""
_REMOTE_SESSION = 0x1000
"""SM_REMOTESESSION."""
_SNAP_PROCESS = 2
"""TH32CS_SNAPPROCESS."""
_PATH_INFO_SIZE, _MODE_INFO_SIZE = 72, 64
"""sizeof(DISPLAYCONFIG_PATH_INFO), sizeof(DISPLAYCONFIG_MODE_INFO)."""
_MOST_DRIVERS = 2048
_MAX_PATH = 260


class _ProcessEntry(ctypes.Structure):
    """PROCESSENTRY32W."""

    _fields_ = (
        ("dwSize", ctypes.c_uint32),
        ("cntUsage", ctypes.c_uint32),
        ("th32ProcessID", ctypes.c_uint32),
        ("th32DefaultHeapID", ctypes.c_size_t),
        ("th32ModuleID", ctypes.c_uint32),
        ("cntThreads", ctypes.c_uint32),
        ("th32ParentProcessID", ctypes.c_uint32),
        ("pcPriClassBase", ctypes.c_int32),
        ("dwFlags", ctypes.c_uint32),
        ("szExeFile", ctypes.c_wchar * _MAX_PATH),
    )


class _PowerStatus(ctypes.Structure):
    """SYSTEM_POWER_STATUS."""

    _fields_ = (
        ("ACLineStatus", ctypes.c_uint8),
        ("BatteryFlag", ctypes.c_uint8),
        ("BatteryLifePercent", ctypes.c_uint8),
        ("SystemStatusFlag", ctypes.c_uint8),
        ("BatteryLifeTime", ctypes.c_uint32),
        ("BatteryFullLifeTime", ctypes.c_uint32),
    )


if sys.platform == "win32":

    class Windows:
        """The answers of this Windows."""

        def display_count(self) -> int | None:
            """Active display targets, from QueryDisplayConfig; None where it fails."""
            user = ctypes.WinDLL("user32")
            paths, modes = ctypes.c_uint32(), ctypes.c_uint32()
            if user.GetDisplayConfigBufferSizes(_ONLY_ACTIVE_PATHS, ctypes.byref(paths), ctypes.byref(modes)):
                return None
            path_infos = ctypes.create_string_buffer(_PATH_INFO_SIZE * max(1, paths.value))
            mode_infos = ctypes.create_string_buffer(_MODE_INFO_SIZE * max(1, modes.value))
            failed = user.QueryDisplayConfig(
                _ONLY_ACTIVE_PATHS, ctypes.byref(paths), path_infos, ctypes.byref(modes), mode_infos, None
            )
            return None if failed else int(paths.value)

        def process_names(self) -> list[str]:
            """Names of the running programs, from a Toolhelp snapshot."""
            kernel = ctypes.WinDLL("kernel32")
            kernel.CreateToolhelp32Snapshot.restype = ctypes.c_void_p
            snapshot = ctypes.c_void_p(kernel.CreateToolhelp32Snapshot(_SNAP_PROCESS, 0))
            entry = _ProcessEntry(dwSize=ctypes.sizeof(_ProcessEntry))
            names = []
            there = kernel.Process32FirstW(snapshot, ctypes.byref(entry))
            while there:
                names.append(entry.szExeFile)
                there = kernel.Process32NextW(snapshot, ctypes.byref(entry))
            kernel.CloseHandle(snapshot)
            return names

        def driver_names(self) -> list[str]:
            """Names of the loaded drivers, from psapi."""
            api = ctypes.WinDLL("psapi")
            bases = (ctypes.c_void_p * _MOST_DRIVERS)()
            needed = ctypes.c_uint32()
            if not api.EnumDeviceDrivers(bases, ctypes.sizeof(bases), ctypes.byref(needed)):
                return []
            name = ctypes.create_unicode_buffer(_MAX_PATH)
            loaded = bases[: min(_MOST_DRIVERS, needed.value // ctypes.sizeof(ctypes.c_void_p))]
            return [
                name.value for base in loaded if api.GetDeviceDriverBaseNameW(ctypes.c_void_p(base), name, _MAX_PATH)
            ]

        def is_remote_session(self) -> bool:
            """Whether this session is shown on another machine, from GetSystemMetrics."""
            return bool(ctypes.WinDLL("user32").GetSystemMetrics(_REMOTE_SESSION))

        def on_mains(self) -> bool | None:
            """Whether mains power is connected, from GetSystemPowerStatus; 255 is unknown."""
            status = _PowerStatus()
            if not ctypes.WinDLL("kernel32").GetSystemPowerStatus(ctypes.byref(status)):
                return None
            return {0: False, 1: True}.get(status.ACLineStatus)

else:

    class Windows:
        """Not Windows: nothing to tell."""

        def display_count(self) -> int | None:
            """None."""
            return None

        def process_names(self) -> list[str]:
            """No names."""
            return []

        def driver_names(self) -> list[str]:
            """No names."""
            return []

        def is_remote_session(self) -> bool:
            """False."""
            return False

        def on_mains(self) -> bool | None:
            """None."""
            return None
