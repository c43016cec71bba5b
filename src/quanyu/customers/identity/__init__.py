"""Says which customer a record belongs to."""
