"""Microsoft Graph: the mailboxes of Exchange Online."""
