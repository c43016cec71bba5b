"""Writes an error of ours: what happened, what was received, what is allowed, what to do."""

import json

from quanyu.foundation.errors import Fault, QuanyuError
from quanyu.foundation.text import Text

RECEIVED, ALLOWED, DO = Text("received", "收到"), Text("allowed", "允许"), Text("what to do", "怎么办")
RETRY = Text("The same command may succeed later.", "稍后重试可能成功。")


def in_words(error: QuanyuError, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"error": error.describe()}, ensure_ascii=False, indent=2) + "\n"
    lines = [str(error.problem)]
    lines += [f"  {RECEIVED}: {error.received}"] if error.received is not None else []
    lines += [f"  {ALLOWED}: {', '.join(error.allowed)}"] if error.allowed else []
    lines += [_fault(fault) for fault in error.faults]
    if error.remedy is not None:
        lines.append(f"{DO}: {error.remedy}")
    elif error.retry:
        lines.append(str(RETRY))
    return "\n".join(lines) + "\n"


def _fault(fault: Fault) -> str:
    received = f" ({RECEIVED}: {fault.received})" if fault.received is not None else ""
    allowed = f" ({ALLOWED}: {', '.join(fault.allowed)})" if fault.allowed else ""
    return f"  {fault.place}: {fault.problem}{received}{allowed}"
