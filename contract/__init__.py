"""The contract between cloud and charger: the only code both sides share.

Shadow documents (`intents`, `reports`), session events (`events`), their words (`vocabulary`) and where they
travel (`topics`). pydantic and the standard library, no I/O. Source: docs/architecture.md, "The contract".
"""
