"""Grades who is whose record against a truth that somebody knows: how good the mapping is, and what went wrong."""
