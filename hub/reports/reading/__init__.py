"""Shared by the readers of all formats: sources, options and limits, times, values, and drafts of a report."""
