"""Coupons that were given out, and what became of them."""
