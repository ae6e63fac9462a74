"""The desk: pages in the officer's own browser, on loopback, to read a report, release it with the victim protected, and send it."""
