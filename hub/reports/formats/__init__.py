"""One file or folder for each format of reports. Formats do not import each other; what they share is in `reading`."""
