"""Readers of outside file formats."""
