"""Finds records of one person that no key joins, and says how likely each pair is one."""
