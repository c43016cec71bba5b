"""Mail goes out whole, with a way to unsubscribe, and every answer of a server means what it says."""

import asyncio
import base64
import json
import re
from email import message_from_bytes, policy

from tests.plugins.channels.conftest import ABOUT, messages, opened, settings_of

from quanyu.engagement.channels.spec import ACCEPTED, LATER, LOST, REFUSED, Response
from quanyu.plugins.channels.smtp import CHANNEL, read_bounce


def send(mail_server, tmp_path, *recipients, **parts):
    async def sent():
        line = await CHANNEL.open(opened(tmp_path, **settings_of("smtp", mail_server.port)))
        table = messages(*recipients, **parts)
        answers = [await line.send(table.slice(i, 1), ABOUT) for i in range(table.num_rows)]
        await line.close()
        return answers

    return asyncio.run(sent())


def taken(mail_server):
    return [json.loads(line) for line in mail_server.log.read_text().splitlines()]


def test_a_message_arrives_as_it_was_written(mail_server, tmp_path):
    send(mail_server, tmp_path, "anna@club.example", html="<p>你好</p>")
    (line,) = taken(mail_server)
    mail = message_from_bytes(base64.b64decode(line["raw"]), policy=policy.default)
    assert mail["Subject"] == "Hello 你好"
    assert mail["To"] == "anna@club.example"
    assert mail["Message-ID"] == f"<{1:032x}@brand.example>"
    assert mail["List-Unsubscribe"] == f"<https://brand.example/u/{1:032x}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_body(("plain",)).get_content().splitlines() == ["One line.", ".", ".. and dots"]
    assert mail.get_body(("html",)).get_content().strip() == "<p>你好</p>"


def test_long_headers_arrive_as_mail_programs_read_them(mail_server, tmp_path):
    link = "https://brand.example/u/" + "k" * 200
    send(mail_server, tmp_path, "anna@club.example", unsubscribe=link, subject="会员日" * 60)
    raw = base64.b64decode(taken(mail_server)[0]["raw"])
    assert f"List-Unsubscribe: <{link}>".encode() in raw.splitlines(), "an encoded link is none"
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == "会员日" * 60
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", raw)), "RFC 2047 allows 75 characters a word"
    assert max(map(len, raw.splitlines())) <= 998


def test_an_address_that_cannot_go_over_the_wire_is_refused(mail_server, tmp_path):
    codes = [answer.codes[0] for answer in send(mail_server, tmp_path, "安娜@club.example", "anna@club.example")]
    assert codes == [REFUSED, ACCEPTED]


def test_answers_mean_what_they_say(mail_server, tmp_path):
    names = ("anna", "no", "later", "full", "silent", "bert")
    answers = send(mail_server, tmp_path, *(f"{name}@club.example" for name in names))
    codes = [answer.codes[0] for answer in answers]
    assert codes == [ACCEPTED, REFUSED, LATER, REFUSED, LOST, ACCEPTED]
    assert [answers[i].reasons[0] for i in (1, 3)] == ["smtp_550", "smtp_552"]
    assert [line["to"].partition("@")[0] for line in taken(mail_server)] == ["anna", "silent", "bert"]


def test_a_header_cannot_be_smuggled_in(mail_server, tmp_path):
    (answer,) = send(mail_server, tmp_path, "anna@club.example\r\nBcc: all@club.example")
    assert answer.codes.tolist() == [REFUSED]
    send(mail_server, tmp_path, "anna@club.example", subject="Hi\r\nBcc: all@club.example")
    assert [line["to"] for line in taken(mail_server)] == ["anna@club.example"]


BOUNCE = """From: MAILER-DAEMON@isp.example
To: shop@brand.example
Subject: Undelivered
Message-ID: <0123@isp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; isp.example

Final-Recipient: rfc822; anna@club.example
Action: ACTION
Status: 5.1.1
--b
Content-Type: message/rfc822

From: shop@brand.example
Message-ID: <0000000000000000000000000000002a@brand.example>
Subject: Hello

Hi
--b--
"""


def test_a_bounce_says_which_message_failed(tmp_path):
    assert read_bounce(BOUNCE.replace("ACTION", "failed").encode()) == [Response(f"{42:032x}", "bounced")]
    assert read_bounce(BOUNCE.replace("ACTION", "delayed").encode()) == []
    assert read_bounce(b"Subject: I am on holiday\n\nBack on Monday") == []
