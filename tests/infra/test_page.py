from __future__ import annotations

from typing import TYPE_CHECKING

from infra.page import CONTENT_TYPES, INDEX, ROOT, content_security_policy, page_files

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_may_load_and_call_its_own_origin_only_and_run_nothing_inline() -> None:
    directives = dict(part.split(" ", 1) for part in content_security_policy().split("; "))
    assert directives.pop("default-src") == "'none'"
    assert directives.pop("base-uri") == "'none'"
    assert directives.pop("frame-ancestors") == "'none'"
    assert set(directives.values()) == {"'self'"}
    assert {"script-src", "style-src", "connect-src", "form-action"} <= directives.keys()


def test_where_it_signs_in_elsewhere_it_may_call_there_and_still_load_nothing_from_there() -> None:
    login = "https://login.example.com"
    own, with_login = content_security_policy().split("; "), content_security_policy(login).split("; ")
    assert set(with_login) - set(own) == {f"connect-src 'self' {login}"}
    assert set(own) - set(with_login) == {"connect-src 'self'"}


def test_only_files_of_a_known_kind_are_of_the_page(tmp_path: Path) -> None:
    for name in ("index.html", "notes.md", "js/main.js", "headers.json", ".DS_Store"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    assert [path.name for path in page_files(tmp_path)] == [INDEX, "main.js"]


def test_every_file_of_the_page_is_of_a_kind_that_is_served() -> None:
    unknown = {path.name for path in ROOT.rglob("*") if path.is_file() and path.suffix not in CONTENT_TYPES}
    assert not {name for name in unknown if not name.endswith((".md", ".txt"))}
