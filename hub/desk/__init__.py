"""The desk: a page in the officer's own browser, on loopback, from the report to the hub with the victim protected."""
