"""Use cases: one function each, the unit of work first, the client's id second."""
