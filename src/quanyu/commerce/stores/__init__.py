"""The company itself: its units, its stores and who works there."""
