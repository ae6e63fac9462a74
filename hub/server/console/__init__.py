"""The console: pages for people in a browser, made on the server, which show an account what it may see and do."""
