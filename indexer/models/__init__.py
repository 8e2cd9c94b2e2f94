"""The models: an encoder turns texts into vectors, a reranker gives scores to pairs of a question and a text."""
