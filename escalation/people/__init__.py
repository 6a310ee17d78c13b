"""Agencies, posts, people, and who may see and do what."""
