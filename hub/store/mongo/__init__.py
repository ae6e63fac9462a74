"""The MongoDB store: many hub processes on many machines (`store`)."""
