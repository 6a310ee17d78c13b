"""Shared tablets: enrolled by a manager, with a PIN for each person who uses one."""
