"""Procedures as data; this package never touches a database, the web or the clock."""
