"""What may come in: profiles, which are lists of rules on single objects, and their check. Pure."""
