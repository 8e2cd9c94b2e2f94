"""The embedded engine does what every engine must do."""

from tests.indexer.engine.suite import *  # noqa: F403  # pytest collects the tests of a suite by their names here
