"""How fast and how cheap it is: a module for each measurement, each a program. Nothing here passes or fails."""
