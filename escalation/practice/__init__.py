"""Practice: a copy where everything is invented, the clock is moved by hand, and no letter leaves."""
