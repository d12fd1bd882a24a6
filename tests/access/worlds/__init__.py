"""How the things of the matrix are made: by each service's own HTTP surface and the events that it listens to."""
