"""What lies where, day by day."""
