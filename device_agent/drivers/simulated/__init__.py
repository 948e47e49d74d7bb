"""A simulated charger: the plant (physics in its own process) and the agent's driver for it."""
