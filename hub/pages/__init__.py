"""What all pages for people share, at the hub (`server.console`) and at the CERT (`desk`): look, texts, headers, files."""
