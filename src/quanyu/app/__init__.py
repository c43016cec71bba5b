"""The front door: rooms put together, command line, HTTP, worker."""
