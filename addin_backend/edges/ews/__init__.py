"""Exchange through EWS (exchangelib): Exchange Server, and allow-listed Exchange Online until 2027-04-01."""
