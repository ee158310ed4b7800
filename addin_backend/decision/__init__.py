"""The closed question, the strict reader of the answer, and the words that explain it."""
