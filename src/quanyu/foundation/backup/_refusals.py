"""What can go wrong with a backup, said so that the reader can mend it."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from quanyu.foundation.errors import Conflict, Forbidden, Invalid, NotFound, QuanyuError, StorageFull, Unavailable
from quanyu.foundation.text import Text

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def explained(place: Path) -> Generator[None]:
    """Turn what the operating system refuses while `place` is written into an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise _refused(place, error) from error


def _refused(place: Path, error: OSError) -> QuanyuError:
    if error.errno in _FULL:
        return StorageFull(
            Text("The disk is full; what was begun has been removed.", "磁盘已满；未完成的内容已删除。"),
            remedy=Text("Make room there, or choose another disk, and run it again.", "请腾出空间或换一块磁盘后重试。"),
            received=place,
        )
    received = f"{error.filename or place}: {error.strerror}"
    if isinstance(error, FileNotFoundError | IsADirectoryError):
        return NotFound(
            Text("There is no such file.", "没有这个文件。"),
            remedy=Text("Check the path.", "请检查路径。"),
            received=received,
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return Forbidden(
            Text("This user may not read or write there.", "当前用户无权读写该位置。"),
            remedy=Text(
                "Run as the user who owns the home, or choose another place.", "请以主目录所有者运行，或换一个位置。"
            ),
            received=received,
        )
    return Unavailable(
        Text("The disk cannot be used.", "磁盘无法使用。"),
        remedy=Text("Check the disk, then try again.", "请检查磁盘后重试。"),
        received=received,
    )


def damaged(file: Path, member: str) -> Invalid:
    """Refuse an archive; `member` is the first one that is not what was written."""
    return Invalid(
        Text("The backup is damaged or incomplete.", "备份文件已损坏或不完整。"),
        remedy=Text(
            "Copy the file again from where it was made, or take another.", "请从原处重新复制，或换用其他备份。"
        ),
        received=f"{file.name}: {member}",
    )


def missing(file: Path) -> Conflict:
    return Conflict(
        Text("A file that the home needs is not there, so that it cannot be backed up.", "主目录缺少文件，无法备份。"),
        remedy=Text("Put it back, or restore an older backup.", "请放回该文件，或恢复较早的备份。"),
        received=file,
    )


def outside_database() -> Conflict:
    return Conflict(
        Text(
            "This home keeps its data in a PostgreSQL of your own, which is backed up with its own means.",
            "此主目录的数据在您自己的 PostgreSQL 中，应使用其自身的方式备份。",
        ),
        remedy=Text(
            "Stop what uses the home, run pg_dump as a superuser (row-level security hides all rows from others), and "
            "copy the home folder.",
            "请停止使用该主目录的程序，以超级用户执行 pg_dump（行级安全会对其他角色隐藏所有行），并复制主目录。",
        ),
        received="QUANYU_DATABASE_URL",
    )


def unsuitable_place(file: Path, problem: Text) -> Conflict:
    return Conflict(
        problem, remedy=Text("Choose another place for the archive.", "请为备份文件选择其他位置。"), received=file
    )


def occupied(folder: Path) -> Conflict:
    return Conflict(
        Text(
            "A backup is restored into a folder that is empty or not there.", "备份只能恢复到空目录或尚不存在的目录。"
        ),
        remedy=Text("Choose another folder with --home or QUANYU_HOME.", "请用 --home 或 QUANYU_HOME 指定其他目录。"),
        received=folder,
    )


def mounted(folder: Path) -> Conflict:
    return Conflict(
        Text(
            "A disk is mounted on this folder, so that no home can take its place whole.",
            "该目录是磁盘挂载点，无法整体替换。",
        ),
        remedy=Text("Choose a folder inside it.", "请选择其中的子目录。"),
        received=folder,
    )


def busy(folder: Path) -> Conflict:
    return Conflict(
        Text("Another restore into this folder is running.", "另一个恢复操作正在写入该目录。"),
        remedy=Text("Wait until it has ended.", "请等待其结束。"),
        received=folder,
    )


def too_new(received: str, allowed: str) -> Conflict:
    return Conflict(
        Text("This backup was made by a newer version of Quanyu.", "该备份由更新版本的 Quanyu 创建。"),
        remedy=Text("Install that version or a later one.", "请安装该版本或更高版本。"),
        received=received,
        allowed=[allowed],
    )
