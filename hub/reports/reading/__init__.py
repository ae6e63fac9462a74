"""Shared code of all readers: sources, options and limits, times, values, drafts of a report, and roles."""
