"""One outside format or vendor a file, each behind the spec of its kind."""
