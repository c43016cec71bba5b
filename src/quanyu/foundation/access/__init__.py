"""Workspaces, who may use them, and the keys that keep their private data."""
