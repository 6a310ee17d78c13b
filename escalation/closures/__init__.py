"""Local closures: days on which nobody works in one agency, or in the whole partnership."""
