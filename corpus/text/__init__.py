"""What a text is made of: its encoding, language, lines, sentences and questions."""
