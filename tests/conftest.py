"""Settings for every test: deterministic, and never judged by the clock."""

import signal

import pytest
from hypothesis import HealthCheck, settings

# what the tests share asserts too, and under python -O only what pytest rewrites does
pytest.register_assert_rewrite("tests.autograd", "tests.demos", "tests.nn", "tests.viz")

# A shell that runs the tests in the background lets them ignore Ctrl-C, which some of them press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The machines that run these tests are shared: a slow example is no fault.  The examples are
# the same on every run; `--hypothesis-profile=explore` looks for new ones.
_SLOW_IS_FINE = [HealthCheck.too_slow]
settings.register_profile(
    "fixed", derandomize=True, max_examples=60, deadline=None, suppress_health_check=_SLOW_IS_FINE
)
settings.register_profile(
    "explore", max_examples=2000, deadline=None, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile("fixed")
