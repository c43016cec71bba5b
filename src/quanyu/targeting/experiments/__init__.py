"""Measures what an act changed, against people who were left alone."""
