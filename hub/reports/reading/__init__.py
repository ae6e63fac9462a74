"""What the readers of all formats share: sources, options and limits, times, values, and drafts of a report."""
