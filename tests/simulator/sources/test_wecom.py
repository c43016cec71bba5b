"""The guides' customers on WeCom, what they do to each other, and mass sends."""

from scipy.stats import spearmanr


def test_contacts_look_as_the_interface_returns_them(objects, table):
    contacts = objects("wecom/external_contacts.jsonl")
    assert all(set(contact) == {"external_contact", "follow_info"} for contact in contacts)
    ids = [contact["external_contact"]["external_userid"] for contact in contacts]
    assert len(set(ids)) == len(ids) > 300
    assert all(len(each) == 32 and each.startswith("wm") for each in ids)
    guides = {member["企业微信账号"] for member in table("org/staff.csv")} | {"HeyuanKefu"}
    assert {contact["follow_info"]["userid"] for contact in contacts} <= guides
    mobiles = [contact["follow_info"]["remark_mobiles"] for contact in contacts]
    assert 0.1 < sum(map(bool, mobiles)) / len(mobiles) < 0.35


def test_callbacks_tell_who_came_and_who_went(objects):
    events = objects("wecom/events.jsonl") + objects("wecom/events-*.jsonl")
    assert {event["ChangeType"] for event in events} == {
        "add_external_contact",
        "del_follow_user",
        "del_external_contact",
    }
    listed = {contact["external_contact"]["external_userid"] for contact in objects("wecom/external_contacts.jsonl")}
    by_guide = {event["ExternalUserID"] for event in events if event["ChangeType"] == "del_external_contact"}
    assert by_guide
    assert not by_guide & listed
    assert {event["ExternalUserID"] for event in events} <= listed | by_guide
    assert all(1719763200 <= event["CreateTime"] < 1782835200 for event in events)


def test_mass_sends_tell_what_became_of_each(table):
    sends = table("wecom/mass_sends-*.csv")
    assert {send["status"] for send in sends} == {"1", "2", "3"}
    assert all(bool(send["send_time"]) == (send["status"] == "1") for send in sends)
    sent = {(send["external_userid"], send["campaign"]) for send in sends if send["status"] == "1"}
    clicks = table("wecom/clicks-*.csv")
    assert clicks
    assert {(click["external_userid"], click["campaign"]) for click in clicks} <= sent


def test_the_order_of_contacts_tells_nothing_of_the_person(objects, persons):
    contacts = [contact["external_contact"] for contact in objects("wecom/external_contacts.jsonl")]
    person = persons("external_userid(key)", contacts, "external_userid")
    assert len(person) == len(contacts)
    assert abs(spearmanr(person, range(len(contacts))).statistic) < 0.15
