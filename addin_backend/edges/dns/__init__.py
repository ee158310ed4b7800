"""DNS through dnspython: what a resolver is asked, side by side and within one deadline, and what its answers say."""
