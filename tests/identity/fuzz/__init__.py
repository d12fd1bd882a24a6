"""What comes back when anything at all is sent: a schema-driven run over every service, and a corpus of nasty inputs."""
