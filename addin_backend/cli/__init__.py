"""The command line (docs/command-line.md): one file for each group of commands."""
