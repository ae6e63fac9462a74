"""Sharing between members: accounts and collections, who may read and publish what, the way in and the way out."""
