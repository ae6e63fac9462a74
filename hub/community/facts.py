"""The kinds of facts that an export contains."""

from __future__ import annotations

from typing import Final

from hub.community import community, drills, ledger, reminders
from hub.sharing import credentials, deleted_ids, drill_listings, handover, last_seen, volumes

# Not exported: the applied declarations (`hub.sharing.applied`), which the other store has its own of, and turns
# (`hub.community.turn`), which end with their process.
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
