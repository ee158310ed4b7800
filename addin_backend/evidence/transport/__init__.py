"""Can a recipient's domain receive mail over enforced TLS: records and policies parsed, verdict given. No network here."""
