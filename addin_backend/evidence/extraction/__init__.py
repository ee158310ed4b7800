"""The text of an attachment, or the word that says why there is none: one file a family of formats. Bytes in, text out."""
