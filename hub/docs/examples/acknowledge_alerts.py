"""Acknowledge each incident on the board that this member has not acknowledged yet.

HUB_URL=https://hub.example/asean/ HUB_KEY=… python acknowledge_alerts.py
"""

import os

import hub

asean = hub.connect(os.environ["HUB_URL"], key=os.environ["HUB_KEY"])
board = asean.board()
for incident in board["incidents"]:
    if incident["reported_by"] != board["member"] and board["member"] not in incident["acknowledged"]:
        asean.acknowledge(incident["incident"])
        print("acknowledged", incident["incident"])
