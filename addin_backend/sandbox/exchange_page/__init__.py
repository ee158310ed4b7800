"""The page of the demo world where a person is the Exchange administrator: which way a mailbox goes, and what goes wrong on it."""
