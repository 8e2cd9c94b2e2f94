"""The shapes of what the endpoint answers, as its tests expect them."""

RESPONSE = {
    "question",
    "corrected",
    "synonyms",
    "mode",
    "answered",
    "answer",
    "results",
    "total",
    "next_offset",
    "generation",
    "timings_ms",
}
"""The keys of the answer to a question."""
