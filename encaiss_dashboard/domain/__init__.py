"""The trade itself: pure rules over dated facts. No clock, no database, no screen."""
