"""Shared parts of all pages for people, at the hub (`server.console`) and at the CERT (`desk`): layout, texts, headers, files."""
