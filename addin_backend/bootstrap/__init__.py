"""The only place that knows concrete classes. In parts, so that a command on one file does not load a whole server."""
