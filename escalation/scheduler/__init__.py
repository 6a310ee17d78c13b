"""The one process with a timer: it ticks the sweep, the delivery and the auditor, and keeps nothing."""
