"""The master key is one, its owner's alone and never made twice; what is sealed opens in its own place only."""

import secrets
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.foundation.access.keys import WorkspaceKey, master_key, new_wrapped_key, unwrap
from quanyu.foundation.errors import Conflict, NotFound

MAKING = """
from pathlib import Path
from quanyu.foundation.access.keys import master_key
pipe.send("ready")
pipe.recv()
pipe.send(master_key(Path(home)))
"""
KEY = WorkspaceKey(b"k" * 32)


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    key = master_key(tmp_path)
    assert len(key) == 32
    assert master_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "keys" / "master").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["master"]


def test_processes_that_make_it_at_once_agree(tmp_path, start):
    for n in range(5):
        home = tmp_path / str(n)
        home.mkdir()
        both = [start(MAKING, home=str(home)) for _ in range(2)]
        assert [child.pipe.recv() for child in both] == ["ready", "ready"]
        for child in both:
            child.pipe.send("go")
        assert {child.pipe.recv() for child in both} == {master_key(home)}


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path, monkeypatch):
    """Process numbers come again, above all in containers."""
    monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        master_key(tmp_path)
    monkeypatch.undo()
    assert len(master_key(tmp_path)) == 32


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_damaged_key_is_told_and_left_alone(tmp_path, length: int):
    master_key(tmp_path)
    (tmp_path / "keys" / "master").write_bytes(b"x" * length)
    with pytest.raises(NotFound) as caught:
        master_key(tmp_path)
    assert caught.value.received == f"{length} bytes"
    assert (tmp_path / "keys" / "master").read_bytes() == b"x" * length


def test_a_workspace_opens_with_its_homes_key_only(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        master_key(tmp_path / name)
    wrapped = new_wrapped_key(tmp_path / "one")
    key = unwrap(tmp_path / "one", wrapped)
    assert unwrap(tmp_path / "one", wrapped).hash_secret == key.hash_secret
    assert unwrap(tmp_path / "one", new_wrapped_key(tmp_path / "one")).hash_secret != key.hash_secret
    with pytest.raises(Conflict):
        unwrap(tmp_path / "other", wrapped)
    with pytest.raises(Conflict):
        unwrap(tmp_path / "one", wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def test_a_lost_key_is_not_made_anew_for_what_it_sealed(tmp_path):
    wrapped = new_wrapped_key(tmp_path)
    (tmp_path / "keys" / "master").unlink()
    with pytest.raises(NotFound, match="missing"):
        unwrap(tmp_path, wrapped)
    assert not (tmp_path / "keys" / "master").exists()


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20), st.data())
def test_a_sealed_block_opens_unaltered_and_in_its_place_only(block: bytes, place: str, elsewhere: str, data):
    sealed = KEY.seal(block, place)
    assert KEY.open(sealed, place) == block
    assert KEY.seal(block, place) != sealed
    if elsewhere != place:
        with pytest.raises(Conflict):
            KEY.open(sealed, elsewhere)
    at = data.draw(st.integers(0, len(sealed) - 1))
    altered = sealed[:at] + bytes([sealed[at] ^ data.draw(st.integers(1, 255))]) + sealed[at + 1 :]
    with pytest.raises(Conflict):
        KEY.open(altered, place)
    with pytest.raises(Conflict):
        WorkspaceKey(secrets.token_bytes(32)).open(sealed, place)


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12, b"x" * 27])
def test_what_is_too_short_to_be_a_block_is_refused(sealed: bytes):
    with pytest.raises(Conflict):
        KEY.open(sealed, "place")
