"""A file a group of addresses: each reads a body, asks the host, and writes what it said."""
