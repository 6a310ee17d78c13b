"""The same human acts by what others use: the bare workload, without access, checks, calendars or words."""
