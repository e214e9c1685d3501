"""Redirects of Git servers (threats A-75)."""

import pytest
from penstock.source.redirects import RedirectRefused, discovery_url, redirected
from penstock.source.url import parse_url

TAIL = "/info/refs?service=git-upload-pack"


@pytest.mark.parametrize(
    ("url", "location", "address"),
    [
        ("https://host/o/r", f"https://host/o/r.git{TAIL}", "https://host/o/r.git"),
        ("https://host/o/r", f"https://HOST:443/new/r{TAIL}", "https://host:443/new/r"),
        ("https://host/o/r", f"/new/r{TAIL}", "https://host/new/r"),
        ("http://host/o/r", f"https://host/o/r{TAIL}", "https://host/o/r"),
        ("http://127.0.0.1:80/o/r", f"http://127.0.0.1/x{TAIL}", "http://127.0.0.1/x"),
    ],
)
def test_a_repository_may_move_on_its_server(url: str, location: str, address: str) -> None:
    assert redirected(parse_url(url), location).address == address


@pytest.mark.parametrize(
    ("url", "location", "text"),
    [
        ("https://host/r", f"https://evil/r{TAIL}", "put it into spec.url"),
        ("https://host/r", f"https://host:8443/r{TAIL}", "put it into spec.url"),
        ("https://host/r", f"http://host/r{TAIL}", "put it into spec.url"),
        ("https://host/r", f"//evil/r{TAIL}", "put it into spec.url"),
        ("http://host:3000/r", f"http://host/r{TAIL}", "put it into spec.url"),
        ("https://host/r", f"https://host\\@evil/r{TAIL}", "cannot be used"),
        ("https://host/r", "https://host/login?next=x", "no Git repository"),
        ("https://host/r", "https://host/login?next=/info/refs", "no Git repository"),
        ("https://host/r", f"ftp://host/r{TAIL}", "cannot be used"),
        ("https://host/r", f"https://host{TAIL}", "cannot be used"),
        ("https://host/r", f"https://host/a/../..{TAIL}", "cannot be used"),
        ("https://host/r", "", "no Git repository"),
    ],
)
def test_a_redirect_to_anywhere_else_is_refused(url: str, location: str, text: str) -> None:
    with pytest.raises(RedirectRefused, match=text):
        redirected(parse_url(url), location)


def test_the_first_request_of_a_git_client_is_for_the_list_of_references() -> None:
    assert discovery_url("https://host/r/") == f"https://host/r{TAIL}"
