"""The console: pages for people in a browser, rendered on the server; they show only what the account may see and do."""
