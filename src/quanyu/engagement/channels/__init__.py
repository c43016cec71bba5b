"""Channels: the outbox of what is to be sent, its delivery without loss or doubles, and what comes back."""
