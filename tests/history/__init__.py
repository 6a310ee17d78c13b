"""A small history checker: random users, kills and clock moves over real processes, and what must be true."""
