"""The board’s view: every escalation without identities, and totals that add up. Read-only."""
