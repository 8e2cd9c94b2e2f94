"""Texts to vectors, questions and texts to scores: the models and what runs them."""
