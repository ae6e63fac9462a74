"""X-ARF abuse reports, version 3 and 4."""
