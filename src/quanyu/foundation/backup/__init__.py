"""Backup and restore: a whole home as one file, taken while everything runs, and made a home again elsewhere."""
