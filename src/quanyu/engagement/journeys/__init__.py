"""Journeys: what happens to customers after something has, as sets that move from step to step."""
