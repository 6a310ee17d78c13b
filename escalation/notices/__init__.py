"""Messages: written with the event, sent later, carrying a reference and a link and nothing of the case."""
