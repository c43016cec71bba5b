"""E-mail by SMTP: one message a transaction, over several connections, with one-click unsubscribing (RFC 8058).

A server that has answered the final dot has taken the message over; one that falls silent after it may have. So
whatever fails before the message was sent is tried again, and what fails afterwards nobody knows of.
"""

import asyncio
import re
import smtplib
from collections.abc import Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from quanyu.engagement.channels.spec import (
    ACCEPTED,
    LATER,
    LOST,
    REFUSED,
    About,
    Answered,
    Capabilities,
    Limited,
    Opened,
    Response,
    Setting,
)
from quanyu.foundation.text import Text

NOT_TAKEN = (smtplib.SMTPException, OSError)
_OUR_ID = re.compile(r"<([0-9a-f]{32})@")
_SECURITY = ("starttls", "tls", "none")
# Not policy.SMTP, which encodes a link longer than a line, so that no mail program sees a way to unsubscribe in it.
_POLICY = policy.compat32.clone(linesep="\r\n", max_line_length=998)


class Smtp:
    name = "smtp"
    title = Text("E-mail by SMTP", "SMTP 邮件")
    capabilities = Capabilities(
        carries=("email",),
        parts=(Limited("subject", 900), Limited("text", 1_000_000), Limited("html", 5_000_000, required=False)),
        requests=None,
    )
    settings = (
        Setting("host", "text", Text("Server", "服务器"), required=True),
        Setting("port", "number", Text("Port", "端口"), default=587, least=1, most=65_535),
        Setting(
            "security", "choice", Text("Security", "加密"), default="starttls", choices=("starttls", "tls", "none")
        ),
        Setting("sender", "text", Text("Sender's address", "发件地址"), required=True),
        Setting("sender_name", "text", Text("Sender's name", "发件人名称")),
        Setting("user", "text", Text("User", "用户名")),
        Setting("password", "secret", Text("Password", "密码")),
        Setting("timeout", "number", Text("Seconds to wait", "等待应答秒数"), default=30, least=1, most=600),
    )

    async def open(self, account: Opened) -> "Mailing":
        return Mailing(account)

    def read(self, file: Path) -> Sequence[Response] | None:
        """Read a bounce (RFC 3464) as it came back by mail."""
        return read_bounce(file.read_bytes()) if file.suffix.lower() == ".eml" else None


class Mailing:
    """Connections of one account that are not in use at the moment are kept for the next message."""

    def __init__(self, account: Opened) -> None:
        self._account, self._said = account, account.settings
        self._idle: list[smtplib.SMTP] = []

    async def send(self, messages: pa.Table, about: About) -> Answered:
        return await asyncio.to_thread(self._send, messages.to_pylist()[0])

    async def close(self) -> None:
        while self._idle:
            with suppress(*NOT_TAKEN):
                self._idle.pop().quit()

    def _send(self, row: dict[str, Any]) -> Answered:
        try:
            payload = _composed(self._account, row)
        except (ValueError, UnicodeError):
            return Answered.all(1, REFUSED, reason="bad_address")
        try:
            server = self._idle.pop() if self._idle else self._connected()
        except smtplib.SMTPAuthenticationError:
            return Answered.all(1, LATER, broken="unauthorised")
        except NOT_TAKEN:
            return Answered.all(1, LATER, hold=0)
        answered = self._transact(server, str(row["address"]), payload)
        if server.sock is not None:
            self._idle.append(server)
        return answered

    def _connected(self) -> smtplib.SMTP:
        host, port = str(self._said["host"]), int(cast("int", self._said["port"]))
        kind = smtplib.SMTP_SSL if self._said["security"] == "tls" else smtplib.SMTP
        server = kind(host, port, timeout=float(cast("int", self._said["timeout"])))
        if self._said["security"] == "starttls":
            server.starttls()
        server.ehlo_or_helo_if_needed()
        if "user" in self._said:
            server.login(str(self._said["user"]), str(self._said.get("password", "")))
        return server

    def _transact(self, server: smtplib.SMTP, recipient: str, payload: bytes) -> Answered:
        sent = False
        try:
            code, _ = server.mail(str(self._said["sender"]))
            if code == 250:
                code, _ = server.rcpt(recipient)
            if code in (250, 251):
                code, _ = server.docmd("DATA")
            if code == 354:
                sent = True
                server.send(payload)
                code, _ = server.getreply()
            if code != 250:
                _start_over(server)
        except NOT_TAKEN:
            server.close()
            return Answered.all(1, LOST if sent else LATER, hold=None if sent else 0)
        return _answer(code)


def _start_over(server: smtplib.SMTP) -> None:
    try:
        server.rset()
    except NOT_TAKEN:
        server.close()


def _answer(code: int) -> Answered:
    if code == 250:
        return Answered.all(1, ACCEPTED)
    if code in (421, 454):
        return Answered.all(1, LATER, hold=0)
    if code in (530, 535, 538):
        return Answered.all(1, LATER, broken="unauthorised")
    return Answered.all(1, LATER) if 400 <= code < 500 else Answered.all(1, REFUSED, reason=f"smtp_{code}")


def _composed(account: Opened, row: dict[str, Any]) -> bytes:
    """Return the message as it goes over the wire, its lone dots doubled and the final one added.

    Raises:
        ValueError: The address is none that mail can go to.
    """
    said = account.settings
    sender, recipient = str(said["sender"]), Address(addr_spec=str(row["address"]).encode("ascii").decode()).addr_spec
    mail = _body(str(row["text"]), row.get("html"))
    mail["From"] = formataddr((" ".join(str(said.get("sender_name", "")).split()), sender))
    mail["To"] = recipient
    subject = " ".join(str(row["subject"]).split())
    mail["Subject"] = subject if subject.isascii() else Header(subject, "utf-8", 75, "Subject").encode()
    mail["Message-ID"] = f"<{row['message_id']}@{sender.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(account.now())
    if row["unsubscribe"]:
        mail["List-Unsubscribe"] = f"<{row['unsubscribe']}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return re.sub(rb"(?m)^\.", b"..", mail.as_bytes(policy=_POLICY).removesuffix(b"\r\n")) + b"\r\n.\r\n"


def _body(text: str, html: object) -> Message:
    plain = MIMEText(text.replace("\r\n", "\n").replace("\n", "\r\n"), "plain", "utf-8")
    return MIMEMultipart("alternative", None, [plain, MIMEText(str(html), "html", "utf-8")]) if html else plain


def read_bounce(written: bytes) -> list[Response]:
    """Return what a report of delivery says of messages of ours: failed ones only."""
    report = message_from_bytes(written, policy=policy.default)
    parts = list(report.walk())
    statuses = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    failed = any(_failed(field) for part in statuses for field in _fields(part))
    ids = [found[1] for part in parts for found in _OUR_ID.finditer(_headers(part))]
    return [Response(text, "bounced") for text in dict.fromkeys(ids)] if failed else []


def _fields(part: Message) -> list[Message]:
    payload: Any = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _failed(field: Message) -> bool:
    return str(field.get("Action", "")).strip().lower() == "failed"


def _headers(part: Message) -> str:
    """Return where the id of the message that bounced may stand: its own headers, as they came back."""
    if part.get_content_type() == "text/rfc822-headers":
        return str(part.get_payload())
    return str(part.get("Message-ID", "")) if part.get_content_type() != "multipart/report" else ""


CHANNEL = Smtp()
