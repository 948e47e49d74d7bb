"""The API as its clients see it; `make schema` writes it to docs/openapi.json."""
