"""The Outlook playground: a mail client page for the demo world, which calls the same API as the add-in."""
