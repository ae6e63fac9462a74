"""Turns reports into STIX bundles, protects the victim, and sends them to the hub. It does not import the server."""
