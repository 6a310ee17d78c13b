"""Who read which case, when, and by what right; and what of that is unusual."""
