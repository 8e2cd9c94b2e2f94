"""From one generation of an index to the next: the store and the search files made from it."""
