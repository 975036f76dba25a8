"""A headless Chromium for the tests of pages; they are skipped where there is none."""

import contextlib
import os
import shutil
import subprocess
import time

import pytest

DEADLINE = 10.0
"""Seconds that a condition on a page may take to come true."""


@contextlib.contextmanager
def chromium(*arguments):
    """Start a browser, and end it."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = _binary()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--hide-scrollbars",
        *arguments,
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"), log_output=subprocess.DEVNULL)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(60)
        yield driver
    finally:
        driver.quit()
        _close_pipes(driver)


def missing():
    """Say what is missing for a test in a browser; nothing if all is there."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed"
    if _binary() is None:
        return "there is no chromium on this machine"
    if shutil.which("chromedriver") is None:
        return "there is no chromedriver on this machine"
    return ""


def _binary():
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROME_BINARY") or next(filter(None, map(shutil.which, names)), None)


def _close_pipes(driver):
    """Close the connection that selenium leaves to the garbage collector, and its warning."""
    with contextlib.suppress(AttributeError):
        driver.command_executor.close()


def until(condition):
    """Wait for something to come true, and return it."""
    end = time.monotonic() + DEADLINE
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {DEADLINE:g} s: {condition}")
        time.sleep(0.02)
    return found
