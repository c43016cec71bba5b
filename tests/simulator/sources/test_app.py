"""The app's accounts and the notifications sent to them."""


def test_accounts_are_not_those_of_the_site(table):
    app, site = table("app/users.csv"), table("site/users.csv")
    assert len({user["registration_id"] for user in app}) == len({user["user_id"] for user in app}) == len(app) > 100
    assert {user["user_id"] for user in app} & {user["user_id"] for user in site} == set()
    assert {user["phone"] for user in app if user["phone"]} & {user["phone"] for user in site if user["phone"]}


def test_events_of_the_app_name_its_accounts(table, objects):
    users = {user["user_id"] for user in table("app/users.csv")}
    events = objects("app/events-*.jsonl.gz")
    assert {event["userId"] for event in events if event["userId"]} <= users
    assert all(event["userId"] for event in events if event.get("event") == "Order Completed")
