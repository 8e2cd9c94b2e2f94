"""The same twenty pages in every format: each format has to answer the same questions with the same passages.

pages (the texts and their questions) -> written (in the formats that need no other program) and made (by LibreOffice and
Chromium) -> test_formats.
"""
