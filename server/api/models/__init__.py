"""What the JSON endpoint takes and gives, a module a noun. The models validate, answer, and describe themselves in OpenAPI."""
