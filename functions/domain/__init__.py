"""Session rules. No I/O, no clock, no ids of its own: times, ids and ports come in as parameters."""
