"""What every read model must do: it joins by its place in `collection.READ_MODELS`; `test_read_models` collects the tests."""
