"""The edges: files, mail, letters, passwords; each knows its own library and the domain."""
