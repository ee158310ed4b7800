"""The demo world on loopback: an Exchange simulator, sinks for mail and text messages, and a sample organisation."""
