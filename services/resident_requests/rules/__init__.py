"""Pure rules of resident requests."""
