"""The official account's followers, articles and farewells."""

FOLLOWER = {
    "subscribe", "openid", "language", "subscribe_time", "remark", "groupid", "tagid_list", "subscribe_scene",
    "qr_scene", "qr_scene_str",
}  # fmt: skip


def test_followers_look_as_the_interface_returns_them(objects):
    followers = objects("official_account/followers.jsonl")
    assert all(set(follower) - {"unionid"} == FOLLOWER for follower in followers)
    assert len({follower["openid"] for follower in followers}) == len(followers) > 300
    assert 0.85 < sum("unionid" in follower for follower in followers) / len(followers) < 1
    assert all(len(follower["openid"]) == 28 for follower in followers)


def test_only_the_unionid_joins_followers_and_users_of_the_mini_program(objects, table):
    followers, users = objects("official_account/followers.jsonl"), table("mini_program/users.csv")
    assert {follower["openid"] for follower in followers} & {user["openid"] for user in users} == set()
    assert {follower.get("unionid") for follower in followers} & {user["unionid"] for user in users if user["unionid"]}


def test_articles_reach_followers_and_are_opened_before_they_are_clicked(objects, table):
    followers = {follower["openid"] for follower in objects("official_account/followers.jsonl")}
    articles = table("official_account/messages-*.csv")
    assert {article["openid"] for article in articles} <= followers
    clicked = [article for article in articles if article["clicked_at"]]
    assert clicked
    assert all(article["sent_at"] < article["opened_at"] < article["clicked_at"] < "2026-07-01" for article in clicked)


def test_who_leaves_had_been_there(objects):
    followers = {follower["openid"] for follower in objects("official_account/followers.jsonl")}
    left = objects("official_account/events-*.jsonl")
    assert {event["FromUserName"] for event in left} <= followers
    assert all(event["Event"] == "unsubscribe" for event in left)
