"""The add-in's manifests: one source, two forms, and the rules that both must keep. Standard library only."""
