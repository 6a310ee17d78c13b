"""Passkeys: registered, listed, removed, and used to sign in."""
