"""The operational database: PostgreSQL, started by us inside the home folder or reached by its URL."""
