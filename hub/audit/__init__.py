"""The audit trail: what is noted beside the changes of the store, checkpoints, and verification."""
