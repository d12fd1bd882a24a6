"""The smallest complete service: a counter, for proving the kit."""
