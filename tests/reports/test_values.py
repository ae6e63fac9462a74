"""Single values as CERTs write them: what keeps an address from being clicked is undone, and nothing else is changed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reports.observables import ObservableType
from hub.reports.reading.values import address, refang


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("198.51.100[.]7", "198.51.100.7"),
        ("198.51.100[.7", "198.51.100.7"),
        ("198.51.100.]7", "198.51.100.7"),
        ("example (dot) example", "example.example"),
        ("duty{at}cert<.>example", "duty@cert.example"),
        ("hxxps[:]//host.example/a", "https://host.example/a"),
        ("fxp://host.example", "ftp://host.example"),
        (" host\u200b.example\u00ad ", "host.example"),
        ("host.example", "host.example"),
    ],
)
def test_every_way_of_defanging_is_undone(written: str, value: str) -> None:
    """Each of them has a bracket or a colon, so that texts without either are not looked through."""
    assert refang(written) == value


_NUMBERS = st.sampled_from("0 1 7 9 10 99 100 199 200 249 250 255 256 300 01 007 1\u0661 -1".split())


@given(st.lists(_NUMBERS, min_size=3, max_size=5).map(".".join), st.sampled_from(("", "\n", " ", "/24", "/32")))
def test_an_address_is_what_the_standard_library_takes_for_one(text: str, end: str) -> None:
    """Whether it is written plainly, which is seen at a glance, or not."""
    try:
        network = ip_network((text + end).strip(), strict=False)
    except ValueError:
        with pytest.raises(ValueError, match="an IPv4 or IPv6 address"):
            address(text + end)
    else:
        whole = network.prefixlen == network.max_prefixlen
        assert address(text + end) == (ObservableType.IPV4, str(network.network_address if whole else network))
