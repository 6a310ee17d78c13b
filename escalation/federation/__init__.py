"""Signing in through an agency’s own sign-in, by OpenID Connect."""
