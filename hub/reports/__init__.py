"""A CERT's reports, whatever their format, read into one model (`report`). `read` chooses the format."""
