"""The audit trail: entries that do not come from changes of the store, checkpoints, and verification."""
