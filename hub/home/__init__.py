"""The CERT's home folder: its identity, whom it protects, its secret key, and functions that write files safely."""

from typing import Final

HOME: Final = ".threat-sharing-hub"
"""The name of the home folder in the user's directory, unless HUB_HOME names another folder."""

OUTBOX: Final = "outbox"
"""The name of the subfolder where bundles wait until they are sent."""
