"""Why the system refused a file, in Chinese: `OSError.strerror` is English or depends on the machine's locale."""

from __future__ import annotations

import errno

_REASONS = {
    errno.ENOENT: "文件或文件夹不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.EFBIG: "文件大小超过限制",
    errno.EROFS: "磁盘是只读的",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "文件已存在",
    errno.ENAMETOOLONG: "文件名过长",
    errno.EIO: "磁盘读写出错",
    errno.ENODEV: "设备已拔出",
    errno.ENXIO: "设备已拔出",
    errno.ESTALE: "设备已断开",
}


def reason(error: OSError) -> str:
    """A few words for `error`; an unknown one by its number."""
    return _REASONS.get(error.errno or 0, f"系统错误{error.errno}")
