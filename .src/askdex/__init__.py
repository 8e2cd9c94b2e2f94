"""Ask your documents a question; get the passage that answers it."""
