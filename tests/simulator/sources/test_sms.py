"""Text messages, the links in them, and the answers."""

import re


def test_messages_carry_signature_content_and_report(table):
    sent = table("sms/sent-*.csv")
    assert len({message["message_id"] for message in sent}) == len(sent) > 500
    assert all(re.fullmatch(r"\d{10,11}", message["phone"]) for message in sent)
    assert all(
        message["content"].startswith("【禾元】") and message["content"].endswith("拒收请回复R") for message in sent
    )
    share = sum(message["status"] == "DELIVRD" for message in sent) / len(sent)
    assert 0.9 < share < 1
    assert all(message["sent_at"] < message["report_at"] < "2026-07-01" for message in sent)


def test_links_that_were_opened_had_been_sent(table):
    links = {message["message_id"]: message["content"] for message in table("sms/sent-*.csv")}
    clicks = table("sms/clicks-*.csv")
    assert clicks
    assert all(click["short_link"] in links[click["message_id"]] for click in clicks)


def test_who_answers_had_got_a_message(table):
    phones = {message["phone"] for message in table("sms/sent-*.csv")}
    replies = table("sms/replies-*.csv")
    assert replies
    assert {reply["phone"] for reply in replies} <= phones
    assert {reply["content"] for reply in replies} & {"TD", "T", "R", "退订"}
