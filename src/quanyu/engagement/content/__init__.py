"""What customers are told: templates by channel and language, filled in for many people at once."""
