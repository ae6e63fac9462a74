"""Print the pattern of each indicator that is not revoked, once, and remember the position for the next run.

HUB_URL=https://hub.example/asean/ HUB_KEY=… python follow_indicators.py
"""

import os

import hub

asean = hub.connect(os.environ["HUB_URL"], key=os.environ["HUB_KEY"])
for item in asean.follow("indicators", checkpoint="indicators.state", once=True):
    if item["type"] == "indicator" and not item.get("revoked"):
        print(item["pattern"], item.get("valid_until", ""))
