"""The release step: what leaves the country, with the victim protected. `step.release` tells the whole story."""
