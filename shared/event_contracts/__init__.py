"""What services publish: the only thing that they know of each other, beside their OpenAPI."""
