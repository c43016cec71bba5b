"""Each message's links lead where its content says, count whoever follows them once, and lead nowhere else."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from tests.engagement.channels.conftest import MEMBERS
from tests.engagement.channels.test_delivering import EVERYBODY, stands
from tests.engagement.channels.world import add_hook, put

from quanyu.app.http import make_app
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.links import Clicks, clicks, links_of
from quanyu.engagement.channels.message_ids import ids_of
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.content.definitions import apply

SHOP, NEWS = "https://shop.example.org/new?a=1&b=2", "https://news.example.org/"
CONTENT = f"""name: spring
title: {{en: Spring, zh: 春天}}
languages: [zh]
links: {{shop: "{SHOP}", news: "{NEWS}"}}
channels:
  sms: {{zh: {{text: "看看 {{{{ links.shop }}}} 或 {{{{ links.news }}}} 退订 {{{{ unsubscribe }}}}"}}}}
"""
SERVER = "https://brand.example/api/v1"


@pytest.fixture
def sent(club, receiver):
    """Every member of the club has got the content, with links of his own."""
    apply(club, CONTENT)
    settings = {"url": receiver.url(), "link_url": f"{SERVER}/links/", "unsubscribe_url": f"{SERVER}/unsubscribe/"}
    account = add_hook(club, receiver.url())
    add_hook(club, receiver.url(), settings={**account.settings, **settings})
    put(club, content="spring")
    with Delivery(club, installed(), INSTALLED) as delivery:
        delivery.deliver(10.0)
    assert stands(club).accepted == MEMBERS
    return club


@pytest.fixture
def client(home, sent):
    app = make_app()
    app.state.home = home
    return TestClient(app, follow_redirects=False)


def test_links_are_each_members_own_and_count_once(sent, client):
    ids = ids_of(sent, stands(sent).number, EVERYBODY.ordinals()).to_pylist()
    for _ in range(2):
        answer = client.get(f"/api/v1/links/{ids[3]}/shop")
        assert (answer.status_code, answer.headers["location"]) == (302, SHOP)
    assert client.get(f"/api/v1/links/{ids[3]}/news").headers["location"] == NEWS
    assert client.get(f"/api/v1/links/{ids[5]}/shop").status_code == 302
    assert clicks(sent) == [Clicks("spring", 1, "news", 1), Clicks("spring", 1, "shop", 2)]
    assert clicks(sent, "autumn") == []


def test_a_link_that_is_none_of_ours_leads_nowhere(sent, client):
    (known,) = ids_of(sent, stands(sent).number, EVERYBODY.ordinals()[:1]).to_pylist()
    for path in (f"{known}/shopp", f"{'0' * 32}/shop", "x/shop", f"{known[::-1]}/shop"):
        assert client.get(f"/api/v1/links/{path}").status_code == 404, path
    assert clicks(sent) == []


def test_they_lead_where_the_version_that_was_sent_says(sent, client):
    apply(sent, CONTENT.replace(SHOP, "https://elsewhere.example.org/"))
    (known,) = ids_of(sent, stands(sent).number, EVERYBODY.ordinals()[:1]).to_pylist()
    assert client.get(f"/api/v1/links/{known}/shop").headers["location"] == SHOP


def test_without_a_server_links_stand_as_they_are_written(club, receiver):
    apply(club, CONTENT)
    account, ids = add_hook(club, receiver.url()), ids_of(club, 1, EVERYBODY.ordinals()[:2])
    assert {name: told.to_pylist() for name, told in links_of(club, account, "spring", 1, ids).items()} == {
        "links.shop": [SHOP] * 2,
        "links.news": [NEWS] * 2,
    }
    named = replace(account, settings={**account.settings, "link_url": f"{SERVER}/links/"})
    (first, second) = links_of(club, named, "spring", 1, ids)["links.shop"].to_pylist()
    assert first == f"{SERVER}/links/{ids[0]}/shop"
    assert first != second
    assert links_of(club, account, "nothing", 1, ids) == {}
