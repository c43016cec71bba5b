"""What can go wrong with the embedded server, said so that the reader can mend it."""

import errno
import os
import pwd
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from quanyu.foundation.database._binaries import MAJOR
from quanyu.foundation.errors import Conflict, Forbidden, Invalid, QuanyuError, StorageFull, Unavailable
from quanyu.foundation.text import Text

_FULL = (errno.ENOSPC, errno.EDQUOT)
_LOG_BYTES = 4096


@contextmanager
def explained(home: Path) -> Generator[None]:
    """Turn what the operating system refuses into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise storage_full(home) from error
        raise _refused(home, error) from error


def storage_full(home: Path) -> StorageFull:
    return StorageFull(
        Text("There is no space left for the database.", "数据库所在磁盘已满。"),
        remedy=Text(
            "Make room on the disk that holds the home folder, then run the same command again.",
            "请为主目录所在磁盘腾出空间，然后重新执行同一命令。",
        ),
        received=home,
    )


def _refused(home: Path, error: OSError) -> QuanyuError:
    received = f"{error.filename or home}: {error.strerror}"
    if isinstance(error, NotADirectoryError | FileExistsError):
        return Invalid(
            Text("The home must be a folder.", "主目录必须是一个文件夹。"),
            remedy=Text("Choose another folder with QUANYU_HOME.", "请用 QUANYU_HOME 指定其他文件夹。"),
            received=received,
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return Forbidden(
            Text("The database's folder may not be written by this user.", "当前用户无权写入数据库目录。"),
            remedy=Text(
                "Run as the user who owns the home folder, or choose another with QUANYU_HOME.",
                "请以主目录所有者身份运行，或用 QUANYU_HOME 指定其他目录。",
            ),
            received=received,
        )
    return Unavailable(
        Text("The database's folder cannot be used.", "数据库目录无法使用。"),
        remedy=Text("Check the disk that holds the home folder, then try again.", "请检查主目录所在磁盘，然后重试。"),
        received=received,
    )


def other_owner(folder: Path, owner: int, user: int) -> Forbidden:
    return Forbidden(
        Text(
            f"The database in this home belongs to {_named(owner)}, and this process runs as {_named(user)}.",
            f"此主目录中的数据库属于 {_named(owner)}，而当前进程以 {_named(user)} 身份运行。",
        ),
        remedy=Text(
            "Run as the user who made the home, or stop everything that uses it and give the whole home folder to this "
            "user (chown -R).",
            "请以创建该主目录的用户身份运行；或停止所有使用者后，将整个主目录的所有权交给当前用户（chown -R）。",
        ),
        received=folder,
    )


def made_by_ordinary_user(folder: Path, owner: int) -> Forbidden:
    return Forbidden(
        Text(
            f"This home was made by {_named(owner)}; opened as root, it would gain files that this user cannot change.",
            f"此主目录由 {_named(owner)} 创建；若以 root 打开，会产生该用户无法修改的文件。",
        ),
        remedy=Text(
            f"Run as {_named(owner)} (for example with sudo -u), or stop everything that uses the home and give it to "
            "root (chown -R root).",
            f"请以 {_named(owner)} 身份运行（例如 sudo -u）；或停止所有使用者后，将主目录交给 root（chown -R root）。",
        ),
        received=folder,
    )


def foreign_socket_folder(folder: Path, owner: int) -> Forbidden:
    return Forbidden(
        Text(
            f"The folder for the database's socket belongs to {_named(owner)}.",
            f"数据库套接字目录属于 {_named(owner)}。",
        ),
        remedy=Text(
            "Remove that folder, or choose a home with a shorter path so that the socket fits inside it.",
            "请删除该目录，或改用路径更短的主目录，使套接字可以放在其中。",
        ),
        received=folder,
    )


def out_of_reach(path: Path, user: int) -> Forbidden:
    return Forbidden(
        Text(
            f"PostgreSQL refuses to run as root, and {_named(user)}, whom it would run as, cannot reach its files.",
            f"PostgreSQL 拒绝以 root 运行，而用于运行它的 {_named(user)} 无法访问所需文件。",
        ),
        remedy=Text(
            "Run Quanyu as an ordinary user; or move home and installation to folders that every user may enter "
            "(for example below /srv or /opt); or allow the container CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, "
            "CAP_SETGID, CAP_SETPCAP and CAP_SETUID.",
            "请以普通用户运行 Quanyu；或将主目录与安装目录移到所有用户均可进入的位置（如 /srv 或 /opt）；"
            "或为容器授予 CAP_CHOWN、CAP_DAC_OVERRIDE、CAP_KILL、CAP_SETGID、CAP_SETPCAP 与 CAP_SETUID。",
        ),
        received=path,
    )


def no_account() -> Forbidden:
    return Forbidden(
        Text(
            "PostgreSQL refuses to run as root, and this machine has no account to run it as.",
            "PostgreSQL 拒绝以 root 运行，而本机没有可用于运行它的账户。",
        ),
        remedy=Text("Run Quanyu as an ordinary user.", "请以普通用户运行 Quanyu。"),
        allowed=["postgres", "nobody"],
    )


def other_version(data: Path, found: str | None) -> Conflict:
    return Conflict(
        Text(
            f"The database in this home was written by another PostgreSQL than version {MAJOR}.",
            f"此主目录中的数据库不是由 PostgreSQL {MAJOR} 写成。",
        ),
        remedy=Text(
            "Open it with the version of Quanyu that wrote it and back it up there, or restore a backup into a new "
            "home.",
            "请用写入它的 Quanyu 版本打开并备份，或将备份恢复到新的主目录。",
        ),
        received=f"{data}: {found or 'PG_VERSION is missing'}",
        allowed=[str(MAJOR)],
    )


def initdb_failed(home: Path, output: str) -> QuanyuError:
    if _tells_of_full_disk(output):
        return storage_full(home)
    return Unavailable(
        Text("The database could not be created.", "无法创建数据库。"),
        remedy=Text("See what PostgreSQL said, mend it and try again.", "请根据 PostgreSQL 的提示处理后重试。"),
        received=output.strip()[-480:],
    )


def not_started(home: Path, log: Path) -> QuanyuError:
    said = log_tail(log)
    if _tells_of_full_disk(said):
        return storage_full(home)
    return Unavailable(
        Text("The database stopped while it was starting.", "数据库在启动过程中停止。"),
        remedy=Text(f"See {log}, mend what it names and try again.", f"请查看 {log}，处理其中的问题后重试。"),
        received=said[-480:],
    )


def not_answering(log: Path) -> Unavailable:
    return Unavailable(
        Text("The database runs and lets nobody in.", "数据库正在运行，但无法连接。"),
        remedy=Text(f"See {log}, then try again.", f"请查看 {log}，然后重试。"),
        received=log_tail(log)[-480:],
    )


def still_recovering(log: Path) -> Unavailable:
    return Unavailable(
        Text("The database is still recovering after a crash.", "数据库仍在崩溃后的恢复之中。"),
        remedy=Text(f"Wait, and follow {log}.", f"请等待，并关注 {log}。"),
        received=log_tail(log)[-480:],
    )


def still_in_use(home: Path) -> Unavailable:
    return Unavailable(
        Text(
            "Another program holds this home's database and cannot be reached or stopped from here.",
            "另一个程序占用着此主目录的数据库，且无法从这里连接或停止。",
        ),
        remedy=Text(
            "Stop what else uses this home (another container, a PostgreSQL started by hand), then try again.",
            "请停止其他使用该主目录的程序（另一个容器或手工启动的 PostgreSQL），然后重试。",
        ),
        received=home,
    )


def log_tail(log: Path) -> str:
    with suppress(FileNotFoundError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_BYTES))
        return file.read().decode(errors="replace").strip()
    return ""


def _tells_of_full_disk(said: str) -> bool:
    return any(os.strerror(number) in said for number in _FULL)


def _named(user: int) -> str:
    with suppress(KeyError):
        return f"{pwd.getpwuid(user).pw_name} ({user})"
    return f"uid {user}"
