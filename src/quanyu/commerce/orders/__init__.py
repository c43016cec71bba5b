"""What was bought, returned and paid."""
