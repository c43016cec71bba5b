"""Chooses customers by rule and remembers who was chosen when."""
