"""The engine: what happens to one escalation, durably; it never imports the web."""
