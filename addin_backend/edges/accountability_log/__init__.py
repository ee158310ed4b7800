"""The accountability log on disk: SQLite with one writer, readers beside it, and the export folder for an auditor."""
