"""Channels: one way to hand messages over a file."""
