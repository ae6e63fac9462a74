"""The stores of tests/store, for what is built on them."""

from tests.store.conftest import clock, kind, open_store, store

__all__ = ("clock", "kind", "open_store", "store")
