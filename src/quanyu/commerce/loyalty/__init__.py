"""Points of members."""
