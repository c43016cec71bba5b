"""What is done about customers: what is said, by which channels, in which order."""
