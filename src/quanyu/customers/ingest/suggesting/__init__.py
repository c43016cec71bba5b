"""Suggests a mapping for files that nobody has described yet: values decide, names help."""
