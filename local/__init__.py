"""The same cloud on one machine: the emulator, the app's own stack deployed to it, and simulated chargers."""
