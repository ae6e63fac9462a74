"""The hub over HTTP: a thin layer with Flask. `app` lists all addresses; the logic is in hub/sharing and hub/community."""
