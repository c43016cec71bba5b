"""Members who may be written to, accounts, and ways to look at what became of messages."""

from tests.customers.conftest import ask, rows

__all__ = ["ask", "rows"]
