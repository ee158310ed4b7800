"""Rules on their way to counting: check, cases, comparison of engines, diff, replay, publishing."""
