"""Sets of customers by ordinal, and their algebra."""
