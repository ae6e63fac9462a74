"""What `hub init` does to a MongoDB store of an earlier format; no hub may run on it meanwhile."""

from __future__ import annotations

from hub.store.base import NO_LEVEL
from hub.store.mongo import commit as mongo_commit
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.operations import Operations
from hub.store.mongo.steps import NOTHING_HELD, Entry, ReadPlan, ReadTip


def count_what_is_held(operations: Operations) -> None:
    """From format 1 to 2: the entries of the log tell how many records of each level are held. May be broken off."""
    log = operations.database.log
    for collection in log.distinct("coll", session=operations.session):
        lacking = {"coll": collection, "held": {"$exists": False}}
        log.update_many(lacking, {"$set": {"held": list(NOTHING_HELD)}}, session=operations.session)
        tips: list[Entry] = operations.take(ReadTip(collection))
        tip = tips[0]
        # what a dead writer committed counts as well
        if (plan := operations.take(ReadPlan(collection, tip.n))) is not None:
            for step in mongo_commit.carry_out(tip, plan):
                operations.take(step)
        held = [0] * NO_LEVEL
        wanted = {"coll": collection, "views": mongo_rows.EVERYTHING}
        for row in operations.database.objects.find(wanted, {"level": 1}, session=operations.session):
            held[row["level"]] += 1
        newest = {"_id": mongo_rows.entry_id(collection, tip.n), "coll": collection}
        log.update_one(newest, {"$set": {"held": held}}, session=operations.session)
