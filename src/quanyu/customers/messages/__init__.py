"""Ways to send a message: what went out, to whom, and how it was answered."""
