"""Pure rules of volunteer matching."""
