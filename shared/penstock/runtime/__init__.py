"""Settings, edges and flows put together: the functions' HTTP handlers, the worker and the local server."""
