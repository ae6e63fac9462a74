"""The CERT's own folder: who this CERT is, whom it protects, its secret key, and files written safely."""

from typing import Final

HOME: Final = ".threat-sharing-hub"
"""The folder's name, in the user's own, where HUB_HOME names no other."""

OUTBOX: Final = "outbox"
"""The folder in it where bundles wait until they are sent."""
