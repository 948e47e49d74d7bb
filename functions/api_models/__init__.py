"""The API's documents, as an app receives them. docs/openapi.json is generated from these models.

Times are RFC 3339 in UTC. Units as suffix: `Wh` watt-hours, `W` watts, `S` seconds, `Ms` milliseconds.
"""
