"""The demonstration partnership: a year of invented escalations, made by driving the engine."""
