"""Files of records: questions and answers, titles and texts, or rows of a table, in CSV (`csv_files`) or JSON (`json_files`).

The names of the columns say what a record holds (`columns`); a record with a text of its own becomes a document (`documents`),
and the rows of a table are one document (`table`).
"""
