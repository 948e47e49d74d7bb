"""A simulated charge point: OCPP 1.6 or 2.0.1 on one side, simulated hardware on the other.

hardware.py asks the plant, outlet.py is the pure state of one EVSE, memory.py what survives a restart, station.py what
the charge point does by itself, v16.py and v201.py are the two languages, connection.py the line to the agent.
"""
