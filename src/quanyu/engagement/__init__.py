"""What is done about it: messages and what came back."""
