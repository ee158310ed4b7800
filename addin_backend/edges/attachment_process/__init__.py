"""Attachments are read in processes of their own: a pool outside (pool), and what runs inside (worker, tesseract)."""
