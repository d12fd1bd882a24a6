"""Pure rules of paid services."""
