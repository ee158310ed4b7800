"""Who is asking: tokens of Entra ID, and identity tokens of an Exchange Server."""
