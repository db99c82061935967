"""Tables, the reads that screens and services share, and the append-only journal."""
