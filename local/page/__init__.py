"""The driver's page on one machine: its files, its sign-in, and the way through to the API, all on one origin."""
