"""The platform that every service stands on. It knows no domain word; docs/kit.md is its one page."""
