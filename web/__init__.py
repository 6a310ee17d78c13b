"""The face: reads the request, calls the engine, shows the page; it decides nothing."""
