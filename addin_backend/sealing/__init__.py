"""Bytes in, bytes out: S/MIME, the portal envelope and the transport ticket."""
