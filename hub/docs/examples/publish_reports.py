"""Read the reports of a sheet, protect the victims, and send the reports to a collection.

HUB_URL=https://hub.example/asean/ HUB_KEY=… HUB_HOME=~/.threat-sharing-hub python publish_reports.py FILE COLLECTION
"""

import os
import sys

import hub

file, collection = sys.argv[1:]
asean = hub.connect(os.environ["HUB_URL"], key=os.environ["HUB_KEY"], home=os.environ.get("HUB_HOME"))
for report in hub.read_reports(file):
    print(asean.publish(report, to=collection).in_words())
