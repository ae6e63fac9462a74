"""The reporting form as CSV, XLSX, YAML or JSON, and the blank sheet."""
