"""Encaiss: the receivables dashboard of a collection agency and its clients."""
