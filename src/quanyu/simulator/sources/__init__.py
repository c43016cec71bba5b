"""The shapes of the company's files: one folder a system, one query a file, and the mapping that reads them."""
