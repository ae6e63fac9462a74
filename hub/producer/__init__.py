"""Reports become STIX bundles, the victim is protected, and the hub gets them. It stands apart from the server."""
