"""Profiles, which are lists of rules on single objects, and the check of an object against them. Pure."""
