"""A log that an auditor can verify without trusting us: canonical records, Merkle tree, signed checkpoints."""
