"""The ways to a charger's hardware: one package per kind, all behind `base.ChargerDriver`."""
