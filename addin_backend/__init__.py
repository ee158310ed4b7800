"""Send securely: evidence, policy, sealing and accountability for outgoing mail."""
