"""MISP events as JSON."""
