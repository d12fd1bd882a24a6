"""Who may do what, from outside: the runs that take longer than `make test` has time for, and their short forms."""
