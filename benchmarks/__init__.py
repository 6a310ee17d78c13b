"""Measures Escalation against the raw driver doing the same writes, and against what others use."""
