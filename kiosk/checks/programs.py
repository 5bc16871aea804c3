"""Programs that show, record or hand over a screen, by the name of their process; and those that restore a disk.

A name is compared without case and without .exe. `refuse`: its only purpose is to let others see or use this screen,
or to record it. `warn`: it can, but mostly does something else. Linux cuts a process's name after 15 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_COMM_LENGTH = 15


@dataclass(frozen=True)
class Program:
    """One product: how people call it, its processes, and whether it alone is a reason not to vote."""

    label: str
    names: tuple[str, ...]
    refuse: bool = True


_CLASSROOM = (
    Program("极域电子教室", ("studentmain", "teachermain", "mastermain", "mythware", "studentex")),
    Program("红蜘蛛多媒体教室", ("redagent", "redspider", "checkrs")),
    Program("凌波多媒体教室", ("ncstu", "ncte")),
    Program("NetSupport School", ("client32", "nsscontrol")),
    Program("LanSchool", ("lskhelper", "lsklaunch")),
    Program("Veyon", ("veyon-server", "veyon-service", "veyon-worker", "veyon-master")),
    Program("iTALC", ("italc", "italcd")),
    Program("Epoptes", ("epoptes-client", "epoptesd")),
    Program("希沃传屏", ("easiconnection", "seewolink", "easishare")),
)
_REMOTE = (
    Program("ToDesk", ("todesk", "todesk_service", "todesk_session", "todesk_lite")),
    Program("向日葵", ("sunloginclient", "sunloginremote", "oray_rundaemon", "awesun", "slservice")),
    Program(
        "TeamViewer", ("teamviewer", "teamviewerd", "teamviewer_service", "teamviewer_desktop", "tv_w32", "tv_x64")
    ),
    Program("AnyDesk", ("anydesk",)),
    Program("RustDesk", ("rustdesk",)),
    Program("AnyViewer", ("anyviewer", "rcclient", "rcservice")),
    Program("网易UU远程", ("gameviewer", "gameviewerserver", "gameviewerservice")),
    Program("Splashtop", ("srserver", "srmanager", "srfeature")),
    Program("Chrome 远程桌面", ("remoting_host", "chrome-remote-desktop", "chrome-remote-desktop-host")),
    Program("NoMachine", ("nxserver.bin", "nxnode.bin", "nxserver", "nxnode")),
    Program("Parsec", ("parsecd", "pservice")),
    Program("Sunshine", ("sunshine",)),
    Program("Windows 快速助手", ("quickassist", "msra")),
    Program(
        "VNC 服务",
        (
            *("xvnc", "xtigervnc", "xtightvnc", "x11vnc", "x0vncserver", "x0tigervncserver", "wayvnc", "vino-server"),
            *("krfb", "tvnserver", "winvnc", "winvnc4", "vncserver", "vncserver-x11", "vncserver-x11-core"),
        ),
    ),
    Program("远程桌面（RDP）会话", ("xrdp-chansrv", "rdpclip", "freerdp-shadow-cli", "freerdp-shadow-x11")),
    Program("远程桌面（RDP）服务", ("xrdp", "gnome-remote-desktop-daemon", "krdpserver"), refuse=False),
    Program("WayPipe/Xpra", ("xpra", "waypipe")),
)
_CASTING = (
    Program("乐播投屏", ("happycast", "lebocast", "hpplay")),
    Program("AirDroid Cast", ("airdroidcast", "airdroid")),
    Program("傲软投屏", ("apowermirror", "letsview")),
    Program("GNOME 无线显示", ("gnome-network-displays",)),
    Program("Miracast", ("miracle-wifid", "miracle-sinkctl")),
    Program("Deskreen", ("deskreen",)),
)
_RECORDING = (
    Program("OBS", ("obs", "obs64", "obs32", "obs-studio")),
    Program("EV录屏", ("evcapture",)),
    Program("Bandicam", ("bdcam",)),
    Program("Camtasia", ("camtasia", "camtasiastudio", "camrecorder", "camtasiarecorder")),
    Program(
        "录屏软件", ("simplescreenrecorder", "kazam", "recordmydesktop", "vokoscreenng", "wf-recorder", "kooha", "peek")
    ),
    Program("ffmpeg", ("ffmpeg",), refuse=False),
)
_MEETING = (
    Program("腾讯会议", ("wemeetapp", "wemeet", "wemeetscreenshare"), refuse=False),
    Program("钉钉", ("dingtalk", "com.alibabainc.dingtalk"), refuse=False),
    Program("飞书", ("feishu", "bytedance-feishu", "lark"), refuse=False),
    Program("企业微信", ("wxwork",), refuse=False),
    Program("QQ", ("qq", "tim"), refuse=False),
    Program("腾讯课堂", ("edu_client", "txeduclient"), refuse=False),
    Program("Zoom", ("zoom", "zoomlauncher"), refuse=False),
    Program("Zoom 共享屏幕", ("cpthost",)),
    Program("Teams", ("teams", "ms-teams", "teams-for-linux"), refuse=False),
    Program("Skype", ("skype", "skypeforlinux", "lync"), refuse=False),
    Program("Webex", ("webex", "ciscocollabhost", "atmgr"), refuse=False),
    Program("Discord", ("discord",), refuse=False),
)
PROGRAMS: Final = (*_CLASSROOM, *_REMOTE, *_CASTING, *_RECORDING, *_MEETING)

RESTORERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dfserv": "冰点还原（Deep Freeze）",
        "frzstate2k": "冰点还原（Deep Freeze）",
        "deepfrz": "冰点还原（Deep Freeze）",
        "defenderdaemon": "影子卫士（Shadow Defender）",
        "diskpt": "影子卫士（Shadow Defender）",
        "powershadow": "影子系统（PowerShadow）",
        "shadowtip": "影子系统（PowerShadow）",
        "snpshot": "影子系统（PowerShadow）",
        "shdserv": "Rollback Rx",
        "toolwiztimefreeze": "Toolwiz Time Freeze",
        "uwfvol": "Windows 统一写入筛选器（UWF）",
    }
)
"""Processes and drivers that undo what was written when the machine starts again."""

INPUT_METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fcitx": "Fcitx",
        "fcitx5": "Fcitx 5",
        "ibus-daemon": "IBus",
        "scim": "SCIM",
        "uim-xim": "uim",
        "sogoupinyin-service": "搜狗拼音",
        "sogouimeservice": "搜狗拼音",
        "sogoucloud": "搜狗拼音",
        "qqpycloud": "QQ拼音",
        "baidupinyin": "百度拼音",
        "iflyinput": "讯飞输入法",
    }
)


def plain(name: str) -> str:
    """A process's name as the tables have it: small letters, no folder, no .exe or .sys."""
    return name.strip().lower().removesuffix(".exe").removesuffix(".sys")


def found_programs(names: Iterable[str]) -> tuple[Program, ...]:
    """The products whose processes run, in the order of the table."""
    running = {plain(name) for name in names}
    return tuple(program for program in PROGRAMS if any(_runs(name, running) for name in program.names))


def found_labels(table: Mapping[str, str], names: Iterable[str]) -> tuple[str, ...]:
    """The labels of `table` whose processes run, each once, in the order of the table."""
    running = {plain(name) for name in names}
    return tuple(dict.fromkeys(label for name, label in table.items() if _runs(name, running)))


def _runs(name: str, running: set[str]) -> bool:
    return name in running or name[:_COMM_LENGTH] in running
