"""The console's files are served packed and for long, its page for every other address, and nothing of the API's."""

import gzip

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from quanyu.app.console import Console


@pytest.fixture
def client(tmp_path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<div id=root>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("start()")
    (tmp_path / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(b"start()"))
    app = FastAPI()
    app.mount("/", Console(tmp_path))
    return TestClient(app)


@pytest.mark.parametrize("path", ["/", "/audiences/new-audience", "/customers/cus_01"])
def test_every_page_is_the_one_page_and_is_asked_for_anew(client, path):
    answer = client.get(path)
    assert (answer.text, answer.headers["cache-control"]) == ("<div id=root>", "no-cache")
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_a_part_is_kept_for_ever_and_packed_where_that_is_understood(client):
    packed = client.get("/assets/index-1a2b.js")
    assert (packed.text, packed.headers["content-encoding"]) == ("start()", "gzip")
    assert "immutable" in packed.headers["cache-control"]
    plain = client.get("/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
    assert plain.text == "start()"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/assets/index-old.js", "/api/v1/nothing", "/health/x"])
def test_what_is_not_there_is_not_the_page(client, path):
    assert client.get(path).status_code == 404


def test_without_a_build_it_says_how_to_make_one(tmp_path):
    app = FastAPI()
    app.mount("/", Console(tmp_path / "nothing"))
    answer = TestClient(app).get("/")
    assert answer.status_code == 503
    assert "make console" in answer.text
