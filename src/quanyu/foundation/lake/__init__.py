"""Analytical tables, and the one place that runs an expression over them."""
