"""The asynchronous client. `tools/unasync.py` makes `_sync` of it, but for `io.py` and `listing.py`."""
