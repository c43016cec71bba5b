"""Whom to address: fields, tags, audiences, experiments."""
