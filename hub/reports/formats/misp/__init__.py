"""MISP events as JSON, and MISP attributes as CSV."""
