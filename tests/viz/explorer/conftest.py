"""One browser for all the tests of the explorer page."""

import pytest

from tests.viz.browser import chromium
from tests.viz.explorer.driven import Browser


@pytest.fixture(scope="package")
def browser():
    with chromium() as driver:
        yield Browser(driver)


@pytest.fixture
def folder(tmp_path):
    """Where the page of a test is written."""
    return tmp_path
