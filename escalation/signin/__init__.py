"""Signing in: sessions, passwords, second factors, single-use links, and what slows a guesser down."""
