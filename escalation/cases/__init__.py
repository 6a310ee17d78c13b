"""Escalations: where each one is, who is part of it, and the drafts of those not yet raised."""
