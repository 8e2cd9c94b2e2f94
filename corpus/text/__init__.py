"""What Askdex knows of text in any format: its encoding, language, lines, sentences, questions and units."""
