"""What the members' CERTs do together beside TAXII: board, delivery ledger, directory, reminders, drills."""
