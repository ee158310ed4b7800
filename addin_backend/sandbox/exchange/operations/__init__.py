"""One EWS operation a file: ``answer`` takes the request element and gives the response messages."""
