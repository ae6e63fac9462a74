"""For the commands that send: print the result of each delivery."""

from __future__ import annotations

import json
import sys

from hub.pages.texts import gettext
from hub.producer.outbox import REFUSED, Outbox, OutboxDelivery
from hub.terminal import Style, StyledLine, print_lines


def show_delivery(delivery: OutboxDelivery, box: Outbox, *, as_json: bool) -> bool:
    """Print a sentence about the delivery, and a line for each refused object. Returns whether any was refused."""
    if as_json:
        record = {"file": delivery.name, "source": delivery.source, "refused": delivery.refused}
        print(json.dumps({**record, **delivery.receipt.as_dict()}, ensure_ascii=False), flush=True)
        return delivery.refused
    lines = f"{delivery.source or delivery.name}: {delivery.receipt.in_words()}".splitlines()
    print_lines([StyledLine(lines[0], Style.BAD if delivery.refused else Style.GOOD), *lines[1:]], sys.stdout)
    if delivery.refused:
        file = box.folder / REFUSED / delivery.name
        print("  " + gettext("It is kept in {file}; correct it and publish it again.").format(file=file))
    sys.stdout.flush()
    return delivery.refused
