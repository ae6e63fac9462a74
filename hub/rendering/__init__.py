"""A report becomes STIX 2.1 objects (`render`), as it stands at the CERT."""
