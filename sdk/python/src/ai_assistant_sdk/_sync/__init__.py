"""The synchronous client. `tools/unasync.py` makes it of `_async`, but for `io.py` and `listing.py`."""
