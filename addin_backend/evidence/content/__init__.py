"""How sensitive the words are: one recogniser a file (pattern, context, validator, explanation)."""
