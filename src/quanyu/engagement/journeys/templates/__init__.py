"""Journeys for the ordinary days of a retailer, with their audiences and contents: one file each."""
