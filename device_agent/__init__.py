"""The program on the charger: turns the cloud's intents into measured facts, and reports them.

`agent` is the loop, `reconciler` the pure decision, `journal` what must survive a power cut, `link` the way to the
cloud, `drivers` the way to the hardware.
"""

VERSION = "0.1.0"
"""Reported in the shadow's `agent` group."""
