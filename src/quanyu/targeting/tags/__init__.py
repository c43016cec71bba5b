"""Derives one value per customer and tag, for all customers at once."""
