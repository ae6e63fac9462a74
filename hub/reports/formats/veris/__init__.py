"""VERIS incidents: VCDB 1.3.x and schema 1.4."""
