"""Quanyu (全域): customer data, marketing automation and measurement for omnichannel retail."""

__version__ = "0.1.0"
