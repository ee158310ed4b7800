"""Frozen values that every room speaks: message, evidence, decision, record. They hold no behaviour beyond their own shape."""
