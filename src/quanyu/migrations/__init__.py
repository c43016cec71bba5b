"""The database's schema, step by step; every step is kept for ever."""
