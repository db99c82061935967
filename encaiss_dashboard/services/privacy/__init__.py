"""Personal data: what is held and why, taken away, erased, and for how long it is kept."""
