"""Agreed actions: a promise with a side, a date, and somebody else who confirms it."""
