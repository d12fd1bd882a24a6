"""The expectations, one page a service, written by hand from the texts. Whoever is not named is refused."""
