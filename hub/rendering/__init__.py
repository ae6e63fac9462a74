"""Turn a report into STIX 2.1 objects (`render`), before anything in it is protected."""
