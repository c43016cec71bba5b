"""Files inside .gz and .zip: listed without unpacking, unpacked for any source, refused when they are a bomb."""

import errno
import gzip
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO

import ibis
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, Broken, Opened, Scratch, Source
from quanyu.foundation.errors import Invalid, StorageFull
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text

ENDINGS = (".gz", ".zip")

_PIECE = 1 << 20
_MOST_RATIO = 300  # text of order lines packs about 10 to 50 times
_SMALL = 64 << 20  # bytes below which nobody minds the ratio
_KEPT_FREE = 1 << 30  # of the disk: the import itself needs room too
_WIDTH = 6  # digits of the number that an unpacked file's name begins with
_ENCRYPTED = 1
_UTF8 = 1 << 11
# What zipfile and gzip raise of bytes that are no archive, or one that is packed in a way they do not know.
_DAMAGED = (
    zipfile.BadZipFile,
    EOFError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    OverflowError,
    IndexError,  # of a member without a name
)


@dataclass(frozen=True)
class _Member:
    """A file inside a file: by what name the archive knows it, and by what name people do."""

    archive: Path
    inner: str
    name: str  # of gzip, the archive's without its ending

    @property
    def shown(self) -> str:
        return f"{self.archive}/{self.name}" if self.inner else str(self.archive)


def is_packed(file: Path) -> bool:
    return file.name.lower().endswith(ENDINGS)


def names_inside(file: Path) -> list[str]:
    """Return the names of the files that `file` holds; its own if it is no archive."""
    return [member.name for member in _members(file)] if is_packed(file) else [file.name]


def _members(file: Path) -> list[_Member]:
    if file.name.lower().endswith(".gz"):
        return [_Member(file, "", file.name[: -len(".gz")])]
    with _reading(file), zipfile.ZipFile(file) as archive:
        found = [_Member(file, info.filename, _name(info)) for info in archive.infolist() if not info.is_dir()]
    return sorted((m for m in found if not _is_hidden(m.name)), key=lambda member: member.name)


def _is_hidden(name: str) -> bool:
    parts = [part for part in PurePosixPath(name).parts if part != ".."]
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; archives of Chinese Windows say nothing about the encoding of theirs."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


@contextmanager
def _reading(file: Path) -> Generator[None]:
    """Say in plain words what is wrong with a damaged archive; a full disk is no fault of it."""
    try:
        yield
    except _DAMAGED as error:
        raise _damaged(file, type(error).__name__) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _damaged(file, type(error).__name__) from None


def _encrypted(file: Path) -> Invalid:
    return Invalid(
        Text("The archive is encrypted.", "压缩文件已加密。"),
        remedy=Text("Unpack it with its password and import the files in it.", "请用密码解压后导入其中的文件。"),
        received=file.name,
    )


def _damaged(file: Path, received: str) -> Invalid:
    return Invalid(
        Text("The archive cannot be read.", "压缩文件无法读取。"),
        remedy=Text("Check that it has been copied as a whole.", "请检查文件是否已完整复制。"),
        received=f"{file.name}: {received}",
        allowed=ENDINGS,
    )


@dataclass
class Unpacking:
    """A source that reads the files inside archives as another source reads files.

    Of a zip it takes the members that the other source knows by their endings.
    """

    source: Source
    _shown: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def suffixes(self) -> tuple[str, ...]:
        return self.source.suffixes

    @property
    def options(self) -> tuple[str, ...]:
        return self.source.options

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        scratch = Scratch(backend)
        self._shown = {}
        unpacked = [found for file in files for found in self._unpack(file, scratch)]
        try:
            opened = self.source.open(backend, unpacked, options)
        except Invalid as error:
            raise self._in_words(error) from None
        shown = ibis.array([ibis.literal(name) for name in self._shown.values()])
        file: Value = opened.rows[FILE]
        start = len(str(scratch.folder)) + 1
        number: Value = file.substr(start, _WIDTH).try_cast("int64")
        named = ibis.ifelse(file.startswith(str(scratch.folder)), shown[number], file)
        return replace(opened, rows=opened.rows.mutate(**{FILE: named}), held=(*opened.held, scratch))

    def broken(self, backend: Backend) -> list[Broken]:
        try:
            found = self.source.broken(backend)
        except Invalid as error:
            raise self._in_words(error) from None
        return [replace(line, file=self._shown.get(line.file, line.file)) for line in found]

    def _in_words(self, error: Invalid) -> Invalid:
        received = str(error.received)
        for path, shown in self._shown.items():
            received = received.replace(path, shown).replace(Path(path).name, _short(shown))
        return Invalid(
            error.problem, remedy=error.remedy, received=received, allowed=error.allowed, faults=error.faults
        )

    def _unpack(self, file: Path, scratch: Scratch) -> Iterator[Path]:
        if not is_packed(file):
            yield file
            return
        members = _members(file)
        known = [m for m in members if _plain(m.name).endswith(self.suffixes)] if _is_zip(file) else members
        if not known:
            raise Invalid(
                Text("The archive holds no file of this format.", "压缩文件中没有此格式的文件。"),
                received=f"{file.name}: {', '.join(member.name for member in members[:5])}",
                allowed=self.suffixes,
            )
        with _reading(file):
            allowance = _Allowance(file, scratch.folder)
        for member in known:
            ending = Path(member.name.removesuffix(".gz")).name[-80:]
            target = scratch.folder / f"{len(self._shown):0{_WIDTH}d}-{ending}"
            self._shown[str(target)] = member.shown
            with _reading(file):
                _copy(member, target, allowance)
            yield target


def _short(shown: str) -> str:
    """Return an unpacked file's name without the folders in which its archive lies."""
    archive = next((part for part in (*Path(shown).parents, Path(shown)) if is_packed(part)), Path(shown))
    return f"{archive.name}{shown.removeprefix(str(archive))}"


def _is_zip(file: Path) -> bool:
    return file.name.lower().endswith(".zip")


def _plain(name: str) -> str:
    return name.lower().removesuffix(".gz")


@dataclass
class _Allowance:
    """How many bytes may still come out of an archive."""

    archive: Path
    folder: Path
    given: int = 0

    def __post_init__(self) -> None:
        self.packed = max(1, self.archive.stat().st_size)
        self.room = shutil.disk_usage(self.folder).free - _KEPT_FREE

    def take(self, size: int) -> None:
        self.given += size
        if self.given > max(_SMALL, self.packed * _MOST_RATIO):
            raise Invalid(
                Text("The archive unpacks to far more than files do.", "压缩文件解压后过大，不像正常文件。"),
                remedy=Text("Unpack it yourself if you trust it.", "如果来源可信，请自行解压后导入。"),
                received=f"{self.archive.name}: > {self.given // self.packed} : 1",
                allowed=[f"{_MOST_RATIO} : 1"],
            )
        if self.given > self.room:
            raise StorageFull(
                Text("The disk has no room for what the archive holds.", "磁盘空间不足，无法解压。"),
                remedy=Text("Make room and import again.", "请腾出空间后重新导入。"),
                received=f"{self.archive.name}: > {self.given >> 20} MB",
                allowed=[f"{max(0, self.room) >> 20} MB"],
            )


def _copy(member: _Member, target: Path, allowance: _Allowance) -> None:
    with _stream(member) as stream, target.open("wb") as out:
        while piece := stream.read(_PIECE):
            allowance.take(len(piece))
            out.write(piece)


@contextmanager
def _stream(member: _Member) -> Generator[IO[bytes] | gzip.GzipFile]:
    if not _is_zip(member.archive):
        with gzip.open(member.archive) as stream:
            yield stream
        return
    with zipfile.ZipFile(member.archive) as archive:
        info = archive.getinfo(member.inner)
        if info.flag_bits & _ENCRYPTED:
            raise _encrypted(member.archive)
        with archive.open(info) as stream:
            if member.name.lower().endswith(".gz"):
                with gzip.open(stream) as inside:
                    yield inside
            else:
                yield stream
