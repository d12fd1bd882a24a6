"""The story of the house, told by a client: it knows addresses and passwords of accounts, and no database."""
