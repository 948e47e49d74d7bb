"""The operators' command line: it asks the API, and knows nothing of what is behind it. Runs where the operator is."""
