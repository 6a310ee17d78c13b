"""The definitions this installation runs, kept whole and by digest."""
