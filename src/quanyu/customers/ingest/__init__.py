"""Reads files by their mapping, checks them, lands them in the rooms that own the kinds; keeps what it refuses."""
