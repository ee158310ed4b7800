"""STARTTLS on port 25, by asyncio alone: what a mail server does, never whether we like it."""
