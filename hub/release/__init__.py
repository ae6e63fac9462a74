"""The release step decides what may leave the country, with the victim protected. Start reading at `step.release`."""
