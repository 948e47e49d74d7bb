"""The cloud side: one folder per Lambda with its handler, over bootstrap, adapters and the pure domain."""

import gc

gc.set_threshold(200_000)
"""A cold start makes some hundred thousand objects, nearly all to stay. Looking through them for rubbish as often as
Python usually does took an eighth of it (ADR 0024); a request makes too few to need it."""
