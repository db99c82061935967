"""Screens: one module each, its State and then its page, on the tokens of the look."""
