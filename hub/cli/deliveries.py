"""What the commands that send have in common: to print what became of each bundle."""

from __future__ import annotations

import json

from hub.producer.outbox import REFUSED, Outbox, OutboxDelivery


def show(delivery: OutboxDelivery, box: Outbox, *, as_json: bool) -> bool:
    """Print a sentence, and a line for each object that was refused; whether any was."""
    if as_json:
        record = {"file": delivery.name, "source": delivery.source, "refused": delivery.refused}
        print(json.dumps({**record, **delivery.receipt.as_dict()}, ensure_ascii=False), flush=True)
        return delivery.refused
    print(f"{delivery.source or delivery.name}: {delivery.receipt.in_words()}", flush=True)
    if delivery.refused:
        print(f"  It is kept in {box.folder / REFUSED / delivery.name}; correct it and publish it again.", flush=True)
    return delivery.refused
