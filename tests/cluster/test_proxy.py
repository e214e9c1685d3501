"""Proxies from the environment, with Go's rules."""

from __future__ import annotations

import pytest
from penstock.cluster.proxy import proxy_for

PROXY = "http://proxy.example.com:3128"
SERVER = "https://k8s.example.com:6443"


def test_the_proxy_of_the_scheme_is_taken_in_either_spelling() -> None:
    assert proxy_for(SERVER, {"HTTPS_PROXY": PROXY}) == PROXY
    assert proxy_for(SERVER, {"https_proxy": PROXY}) == PROXY
    assert proxy_for("http://k8s.example.com", {"http_proxy": PROXY}) == PROXY
    assert proxy_for(SERVER, {"HTTP_PROXY": PROXY}) == ""
    assert proxy_for(SERVER, {}) == ""


def test_a_proxy_without_a_scheme_is_an_http_one() -> None:
    assert proxy_for(SERVER, {"HTTPS_PROXY": "proxy:3128"}) == "http://proxy:3128"


@pytest.mark.parametrize("server", ["https://127.0.0.1:6443", "https://localhost", "https://[::1]:6443"])
def test_this_machine_is_never_reached_through_a_proxy(server: str) -> None:
    assert proxy_for(server, {"HTTPS_PROXY": PROXY}) == ""


@pytest.mark.parametrize(
    ("server", "rules", "direct"),
    [
        (SERVER, "*", True),
        (SERVER, "example.com", True),
        (SERVER, " a.org , .example.com", True),
        (SERVER, "*.example.com", True),
        (SERVER, "k8s.example.com:6443", True),
        (SERVER, "k8s.example.com:443", False),
        (SERVER, "ample.com", False),
        (SERVER, "", False),
        ("https://example.com", ".example.com", False),
        ("https://example.com", "example.com:443", True),
        ("https://10.1.2.3:6443", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3:6443", "10.1.2.3:6443", True),
        ("https://10.1.2.3", "192.168.0.0/16,example.com", False),
        ("https://[2001:db8::1]", "2001:db8::/32", True),
        ("https://[2001:db8::1]:6443", "[2001:db8::1]:6443", True),
    ],
)
def test_exceptions_are_domains_addresses_and_ranges(server: str, rules: str, direct: bool) -> None:
    assert proxy_for(server, {"HTTPS_PROXY": PROXY, "NO_PROXY": rules}) == ("" if direct else PROXY)
