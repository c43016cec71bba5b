"""Mends, clears or holds back values by rules that somebody has written down, and says what it did."""
