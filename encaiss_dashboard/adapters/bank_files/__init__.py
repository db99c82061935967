"""What banks, and bookkeeping, tell of money that moved."""
