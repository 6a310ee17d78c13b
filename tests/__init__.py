"""The checks; a folder here for each package of the product."""
