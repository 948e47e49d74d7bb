from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.page.files import file_at, serve_file

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "not of the page"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret.js").write_text(SECRET)
    (tmp_path / "webby").mkdir()
    (tmp_path / "webby" / "near.js").write_text(SECRET)
    root = tmp_path / "web"
    (root / "js").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html>")
    (root / "js" / "main.js").write_text("export {};")
    (root / "js" / ".hidden.js").write_text(SECRET)
    (root / "notes.md").write_text(SECRET)
    (root / "folder.js").mkdir()
    (root / "out.js").symlink_to(tmp_path / "secret.js")
    return root


@pytest.mark.parametrize("path", ["/", "/index.html"])
def test_the_bare_address_is_the_page(root: Path, path: str) -> None:
    answer = serve_file(root, path, "")
    assert (answer.status, answer.body) == (200, b"<!doctype html>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_module_comes_as_javascript_and_is_asked_for_again_each_time(root: Path) -> None:
    answer = serve_file(root, "/js/main.js", "")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.js",
        "/js/../../secret.js",
        "/%2e%2e/secret.js",
        "/..%2fsecret.js",
        "/%2e%2e%2fsecret.js",
        "/..%5csecret.js",
        "/js/%2e%2e/%2e%2e/secret.js",
        "/%252e%252e/secret.js",
        "/../webby/near.js",
        "//secret.js",
        "/js//main.js",
        "/js/main.js/",
        "/js/",
        "/js",
        "/./index.html",
        "/js/.hidden.js",
        "/js/main.js%00",
        "/js/main.js%0a",
        "/out.js",
        "/notes.md",
        "/folder.js",
        "/no-such.js",
        "/C:/secret.js",
    ],
)
def test_nothing_but_the_pages_own_files_is_found(root: Path, path: str) -> None:
    answer = serve_file(root, path, "")
    assert file_at(root, path) is None
    assert answer.status == 404
    assert SECRET.encode() not in answer.body


def test_who_has_the_file_already_gets_no_second_copy(root: Path) -> None:
    etag = serve_file(root, "/js/main.js", "").headers["etag"]
    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = serve_file(root, "/js/main.js", tags)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert serve_file(root, "/js/main.js", '"other"').status == 200


def test_a_changed_file_has_another_tag_at_once(root: Path) -> None:
    etag = serve_file(root, "/js/main.js", "").headers["etag"]
    (root / "js" / "main.js").write_text("export default 1;")
    assert serve_file(root, "/js/main.js", etag).status == 200
