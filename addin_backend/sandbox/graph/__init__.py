"""The simulator's other API: Microsoft Graph, on the same mailboxes and the same journal as EWS."""
