"""People’s words, the child’s details and files: kept apart from events, by case."""
