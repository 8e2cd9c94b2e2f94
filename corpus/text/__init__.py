"""What is known of text, whatever its format: its encoding, language, lines, sentences, questions and units."""
