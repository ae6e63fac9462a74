"""The joint work of the members' CERTs beyond TAXII: board, delivery ledger, directory, reminders, drills."""
