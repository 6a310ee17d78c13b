"""Events: what happened, in order, chained, never changed."""
