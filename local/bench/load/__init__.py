"""Many chargers at once: `python -m local.bench.load`."""
