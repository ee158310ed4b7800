"""Facts about a message and its recipients. Nothing here decides; unknown is a value with a name."""
