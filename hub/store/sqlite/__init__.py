"""The SQLite store: one file on a local disk (`store`)."""
