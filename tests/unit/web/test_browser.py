from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.web.browser import INSTALL, NAMES, PACKAGES, plan, run


def which(*there: str) -> dict[str, str]:
    return {name: f"/usr/bin/{name}" for name in there}


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_that_is_there_is_taken_and_nothing_installed(name: str) -> None:
    assert plan(which(name, "apt-get").get, is_root=True) == Path(f"/usr/bin/{name}")


def test_chromium_is_preferred_to_chrome() -> None:
    assert plan(which("google-chrome", "chromium").get, is_root=False) == Path("/usr/bin/chromium")


def test_root_with_apt_installs_it_after_reading_the_package_lists() -> None:
    assert plan(which("apt-get").get, is_root=True) == INSTALL
    update, install = INSTALL
    assert update[:2] == ("apt-get", "update")
    assert (install[:2], install[-2:]) == (("apt-get", "install"), PACKAGES)


@pytest.mark.parametrize(("there", "is_root"), [(("apt-get",), False), ((), True), ((), False)])
def test_whoever_may_not_or_cannot_install_it_is_left_to_a_person(there: tuple[str, ...], *, is_root: bool) -> None:
    assert plan(which(*there).get, is_root=is_root) == ()


def test_an_installation_that_fails_says_why_and_what_to_do_instead() -> None:
    broken = [sys.executable, "-c", "import sys; sys.exit('no such package')"]
    with pytest.raises(pytest.fail.Exception, match=r"(?s)no such package.*apt-get install chromium"):
        run(broken)
