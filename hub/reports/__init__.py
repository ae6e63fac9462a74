"""Reports of a CERT in any format, read into one model (`report`). `read` chooses the format."""
