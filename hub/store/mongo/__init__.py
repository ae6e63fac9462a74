"""The MongoDB store, for many hub processes on many machines (`store`)."""
