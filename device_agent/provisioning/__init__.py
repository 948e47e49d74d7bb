"""How this board becomes its charger and stays it: the first certificate by claim, the next ones by renewal."""
