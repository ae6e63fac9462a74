"""One file or folder for each format of reports. Formats do not import each other; shared code is in `reading`."""
