"""The kinds of facts that an export contains."""

from __future__ import annotations

from typing import Final

from hub.community import community, drills, ledger, reminders
from hub.sharing import credentials, deleted_ids, drill_listings, handover, last_seen, volumes

# What `hub init` noted of the declarations (`hub.sharing.applied`) is true of one store only: where the archive is read,
# the declarations there were applied already. Whose turn it is (`turn`) ends with its process.
ARCHIVED_KINDS: Final = (
    ledger.KIND,
    community.CONFIRMED,
    reminders.KIND,
    drills.KIND,
    handover.KIND,
    deleted_ids.KIND,
    drill_listings.KIND,
    credentials.DELETED,
    credentials.OVERLAP,
    last_seen.KIND,
    volumes.KIND,
)
