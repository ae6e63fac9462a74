"""The stores of tests/store, for what stands on them."""

from tests.store.conftest import clock, kind, open_store, store

__all__ = ("clock", "kind", "open_store", "store")
