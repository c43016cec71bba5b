"""The archive: a tar of plain files, closed by a manifest with the SHA-256 of each and a checksum of the manifest."""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from quanyu.foundation.backup._refusals import damaged, missing, too_new
from quanyu.foundation.backup.model import FORMAT, Entry, Manifest

DUMP = "database.dump"
PLACES = (DUMP, "home.json", "clock", "keys", "lake")
_MANIFEST = "manifest.json"
_CHECKSUM = "manifest.sha256"
_PIECE = 1 << 20
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)


class Writer:
    """Adds files to an archive, and closes it with the manifest."""

    def __init__(self, out: IO[bytes], taken_at: datetime) -> None:
        self._tar = tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 — closed by `close`
        self._taken_at = taken_at
        self._entries: list[Entry] = []

    def add(self, name: str, path: Path) -> None:
        """Add a file that nobody changes any more."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            raise missing(path) from None
        with source:
            self._entries.append(self._put(name, source, os.fstat(source.fileno()).st_size))

    def close(self, schema: str) -> Manifest:
        manifest = Manifest(FORMAT, schema, self._taken_at, tuple(self._entries))
        text = msgspec.json.format(msgspec.json.encode(manifest))
        checksum = f"{hashlib.sha256(text).hexdigest()}  {_MANIFEST}\n".encode()
        self._put(_MANIFEST, io.BytesIO(text), len(text))
        self._put(_CHECKSUM, io.BytesIO(checksum), len(checksum))
        self._tar.close()
        return manifest

    def _put(self, name: str, source: IO[bytes], size: int) -> Entry:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, int(self._taken_at.timestamp())
        hashing = _Hashing(source)
        self._tar.addfile(member, hashing)  # type: ignore[arg-type]
        return Entry(name, size, hashing.digest.hexdigest())


class _Hashing:
    """A file that remembers what was read of it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        piece = self._source.read(size)
        self.digest.update(piece)
        return piece


@dataclass
class _Found:
    """What a walk through the archive has met; `last` is the member it stood at."""

    entries: list[Entry]
    closing: dict[str, bytes]
    last: str


def verify(file: Path) -> Manifest:
    """Read all of the archive once; return its manifest when every byte is as it was written."""
    found = _Found([], {}, "")
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                found.last = member.name
                _meet(tar, member, found)
            found.last = f"what follows {found.last}" if found.last else _MANIFEST
    except tarfile.TarError:
        raise damaged(file, found.last or "not an archive of Quanyu") from None
    manifest = _manifest(file, found)
    _compare(file, manifest, found.entries)
    return manifest


def _meet(tar: tarfile.TarFile, member: tarfile.TarInfo, found: _Found) -> None:
    if member.type not in _PLAIN:
        raise tarfile.ReadError("not a plain file")
    if member.name in (_MANIFEST, _CHECKSUM):
        with _content(tar, member) as content:
            found.closing[member.name] = content.read()
        return
    digest = hashlib.sha256()
    with _content(tar, member) as content:
        while piece := content.read(_PIECE):
            digest.update(piece)
    found.entries.append(Entry(member.name, member.size, digest.hexdigest()))


def _manifest(file: Path, found: _Found) -> Manifest:
    if len(found.closing) < 2:
        raise damaged(file, found.last)
    text = found.closing[_MANIFEST]
    if found.closing[_CHECKSUM].split(b" ")[0] != hashlib.sha256(text).hexdigest().encode():
        raise damaged(file, _MANIFEST)
    try:
        version = msgspec.json.decode(text, type=_Version).format
        if version > FORMAT:
            raise too_new(f"archive {version}", f"archive {FORMAT}, or older")
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError:
        raise damaged(file, _MANIFEST) from None


@dataclass(frozen=True)
class _Version:
    """What a manifest of any format says."""

    format: int


def _compare(file: Path, manifest: Manifest, entries: list[Entry]) -> None:
    for entry in manifest.files:
        if not _stays_inside(entry.name):
            raise damaged(file, entry.name)
    for position, entry in enumerate(manifest.files):
        if position >= len(entries) or entries[position] != entry:
            raise damaged(file, entry.name)
    if len(entries) != len(manifest.files) or len({entry.name for entry in entries}) != len(entries):
        raise damaged(file, entries[len(manifest.files)].name if len(entries) > len(manifest.files) else _MANIFEST)


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return str(path) == name and "\0" not in name and ".." not in path.parts and path.parts[0] in PLACES


def extract(file: Path, manifest: Manifest, folder: Path) -> None:
    """Write the files of a verified archive below `folder`; keys and the dump for their owner only."""
    with tarfile.open(file, "r:") as tar:
        for entry, member in zip(manifest.files, _members(tar), strict=False):
            if entry.name != member.name:  # the file has been changed since it was verified
                raise damaged(file, entry.name)
            target = folder / entry.name
            secret = entry.name == DUMP or entry.name.startswith("keys/")
            target.parent.mkdir(mode=0o700 if secret else 0o777, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o666)
            with os.fdopen(descriptor, "wb") as out, _content(tar, member) as content:
                shutil.copyfileobj(content, out, _PIECE)


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    return (member for member in tar if member.type in _PLAIN)


@contextmanager
def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Generator[IO[bytes]]:
    content = tar.extractfile(member)
    if content is None:
        raise tarfile.ReadError("not a plain file")
    with content:
        yield content


def flush(folder: Path) -> None:
    """Make a rename in `folder` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
