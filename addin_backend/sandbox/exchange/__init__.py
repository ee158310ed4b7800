"""An Exchange that speaks EWS over HTTP and SOAP on loopback: mailboxes in SQLite, and a journal of everything that left."""
