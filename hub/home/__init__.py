"""The CERT's own folder: who this CERT is, whom it protects, its secret key, and files written safely."""
