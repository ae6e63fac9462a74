"""TAXII 2.1 as values: media types, resources, filters, cursors, negotiation. Pure: no socket, no framework."""
