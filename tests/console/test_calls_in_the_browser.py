"""The calls page in real Chromium: its filters, new calls, and trying many again."""

import pytest
from playwright.sync_api import expect

from tests.console.test_in_the_browser import violations
from tests.program import AdminsBrowser
from tests.support import wait_for
