"""Answers that take a while, kept until what they were made of changes."""
