"""The app's notifications."""


def test_notifications_reach_the_phones_of_accounts(table):
    phones = {user["registration_id"] for user in table("app/users.csv")}
    sent = table("push/sent-*.csv")
    assert len({push["msg_id"] for push in sent}) == len(sent) > 500
    assert {push["registration_id"] for push in sent} <= phones
    assert all(not push["opened_at"] for push in sent if push["status"] == "not_received")
    assert all(push["opened_at"] < push["clicked_at"] for push in sent if push["clicked_at"])


def test_a_phone_without_the_app_gets_no_more(table):
    gone = {phone["registration_id"]: phone["detected_at"] for phone in table("push/uninstalls-*.csv")}
    late = [
        push for push in table("push/sent-*.csv") if push["sent_at"][:10] > gone.get(push["registration_id"], "9")[:10]
    ]
    assert gone
    assert not late
