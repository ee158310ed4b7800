"""The outside world, one third party per file. Each edge implements a port and knows no other edge."""
