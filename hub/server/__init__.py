"""The hub over HTTP: Flask, thin. `app` is the table of contents; what happens is in hub/sharing and hub/community."""
