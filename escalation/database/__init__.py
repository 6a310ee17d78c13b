"""The database: how it is reached, its types and its migrations. Knows nothing of cases."""
