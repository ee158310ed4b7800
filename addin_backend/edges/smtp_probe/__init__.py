"""STARTTLS on port 25, by asyncio (on uvloop's event loop): what a mail server does, never whether we like it."""
