"""What a message of each channel is made of, and how long each part may be.

Limits are those of the platforms as they document them: a text message of a Chinese carrier is billed by 67 characters
and cut at 500; WeCom takes 4,000 bytes of text in a mass message; a subscribe message of a mini-program takes 20
characters in a field of type `thing`.
"""

from quanyu.engagement.content.model import Part
from quanyu.foundation.text import Text

_TEXT = Text("Text", "正文")
_TITLE = Text("Title", "标题")

PARTS: dict[str, tuple[Part, ...]] = {
    "email": (
        Part("subject", Text("Subject", "主题"), 200, one_line=True),
        Part("text", Text("Plain text", "纯文本"), 100_000),
        Part("html", Text("HTML", "HTML 正文"), 500_000, required=False, markup=True),
    ),
    "sms": (Part("text", _TEXT, 500),),
    "wecom": (Part("text", _TEXT, 4_000, counted_in="bytes"),),
    "official_account": (Part("title", _TITLE, 64, one_line=True), Part("text", _TEXT, 600)),
    "mini_program": (Part("title", _TITLE, 20, one_line=True), Part("text", _TEXT, 20, one_line=True)),
    "push": (Part("title", _TITLE, 50, one_line=True), Part("text", _TEXT, 200)),
    "in_app": (Part("title", _TITLE, 50, one_line=True), Part("text", _TEXT, 2_000)),
    "call": (Part("text", Text("What is said", "话术"), 1_000),),
    "post": (Part("title", _TITLE, 200, one_line=True), Part("text", _TEXT, 10_000)),
}
"""Parts by channel, in the order in which they are read."""

SMS_SEGMENT = 67
"""Characters that one message of a long text carries: GSM 03.40, UCS-2 with a header of 6 octets."""
SMS_SINGLE = 70


def segments(characters: int) -> int:
    """Return how many messages a text of this many characters is billed as."""
    return 1 if characters <= SMS_SINGLE else -(-characters // SMS_SEGMENT)


def weight(part: Part, text: str) -> int:
    """Return how long a filled part is, in what the channel counts."""
    return len(text.encode()) if part.counted_in == "bytes" else len(text)
