"""The home's master key, each workspace's key under it, and what they seal."""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.text import Text

_NONCE = 12
_RESTORE = Text("Restore keys/master from a backup.", "请从备份恢复 keys/master。")
_NOT_OPENED = (InvalidTag, ValueError)  # the second where there is less than a nonce


def master_key(home: Path) -> bytes:
    """Return the home's master key (32 bytes), made on first use in `keys/master`, readable by its owner only."""
    file = _file(home)
    if not file.exists():
        _make(file)
    return _read(home)


def _file(home: Path) -> Path:
    return home / "keys" / "master"


def _make(file: Path) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    beside = file.with_suffix(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secrets.token_bytes(32))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(beside, file)  # fails where another process was first: its key is the key
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    for folder in (file.parent, file.parent.parent):
        _flush(folder)


def _flush(folder: Path) -> None:
    """Make names in `folder` last: the database soon holds what only this key opens."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(home: Path) -> bytes:
    try:
        key = _file(home).read_bytes()
    except FileNotFoundError:
        raise NotFound(
            Text("The master key of this home is missing.", "该目录的主密钥缺失。"), remedy=_RESTORE
        ) from None
    if len(key) != 32:
        raise NotFound(
            Text("The master key of this home is damaged.", "该目录的主密钥已损坏。"),
            remedy=_RESTORE,
            received=f"{len(key)} bytes",
            allowed=["32 bytes"],
        )
    return key


class WorkspaceKey:
    """Seals private blocks and keys the hashes of identifiers, for one workspace."""

    def __init__(self, key: bytes) -> None:
        self._seal = AESGCM(_derive(key, b"private blocks"))
        self.hash_secret = _derive(key, b"identifier hashes").hex()
        # A block of 16 bytes stands for one of 16 bytes, one to one; no two plain blocks that we give it are equal.
        self._names = Cipher(algorithms.AES(_derive(key, b"names")), modes.ECB())  # noqa: S305

    def seal(self, block: bytes, about: str) -> bytes:
        """Encrypt and authenticate `block`; `about` names its place, so that it cannot be moved to another."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._seal.encrypt(nonce, block, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        try:
            return self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        except _NOT_OPENED:
            raise Conflict(
                Text(
                    "A private block does not open with this workspace's key.", "私密数据块无法用该工作区的密钥打开。"
                ),
                remedy=Text("Check that keys/master belongs to this home.", "请确认 keys/master 属于该目录。"),
                received=about,
            ) from None

    def name_blocks(self, blocks: bytes) -> bytes:
        """Return names for blocks of 16 bytes, which tell nothing and cannot be guessed; of the same length."""
        return self._names.encryptor().update(blocks)

    def read_names(self, names: bytes) -> bytes:
        """Return the blocks that these names were given to; of what is no name some block that nobody has named."""
        return self._names.decryptor().update(names)


def new_wrapped_key(home: Path) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(master_key(home)).encrypt(nonce, secrets.token_bytes(32), b"workspace key")


def unwrap(home: Path, wrapped: bytes) -> WorkspaceKey:
    try:
        return WorkspaceKey(AESGCM(_read(home)).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], b"workspace key"))
    except _NOT_OPENED:
        raise Conflict(
            Text("The home's master key does not open this workspace.", "主密钥无法打开该工作区。"),
            remedy=Text(
                "Put back the keys/master that belongs to this database.", "请放回属于该数据库的 keys/master。"
            ),
        ) from None


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(key)
