"""IODEF 1 (RFC 5070) and 2 (RFC 7970) in XML, and RFC 8727 in JSON."""
