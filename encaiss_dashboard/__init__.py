"""Encaiss: the receivables dashboard of a collection agency and its clients."""

import os

# Read when polars is loaded, so it is said here, before anything else of the house. Its allocator would
# keep what it freed for half a second in eight places: a large import took a hundred megabytes more.
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:2,dirty_decay_ms:100,muzzy_decay_ms:0")
