"""Whoever looks at the pages in the browser sees what is wrong with one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import objections

WRONG = '<html lang="en"><title>A page</title><main><h1>A page</h1><img src="x.png"><input name="why"></main></html>'


@pytest.mark.browser
def test_a_picture_without_words_and_a_box_without_a_label_are_objected_to(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(WRONG)
    assert {each["id"] for each in objections(page)} == {"image-alt", "label"}
    page.set_content(WRONG.replace("<img", '<img alt="A map"').replace("<input", '<input aria-label="Why"'))
    assert objections(page) == []
    page.context.close()
