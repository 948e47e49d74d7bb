"""The cloud side: one folder per Lambda with its handler, over bootstrap, adapters and the pure domain."""
