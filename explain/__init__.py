"""The whole story of one session, for whoever answers a driver's call. Only reads; runs where the operator is."""
