"""People and how they sign in: sessions, second factor, mailed links, teams."""
