"""The catalogue of everything a rule may ask, and the rules themselves."""
