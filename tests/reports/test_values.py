"""Single values as CERTs write them: what keeps an address from being clicked is undone, and nothing else is changed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reports.observables import ObservableType
from hub.reports.reading.values import address, address_range, refang


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


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("198.51.100.0-198.51.100.63", ("198.51.100.0/26",)),
        ("198.51.100.0 \u2013 198.51.100.63", ("198.51.100.0/26",)),
        ("198.51.100.0-63", ("198.51.100.0/26",)),
        ("198.51.100.6-198.51.100.8", ("198.51.100.6/31", "198.51.100.8")),
        ("198.51.100.*", ("198.51.100.0/24",)),
        ("198[.]51[.]100[.]x", ("198.51.100.0/24",)),
        ("198.51.*.*", ("198.51.0.0/16",)),
        ("2001:db8::-2001:db8::ffff", ("2001:db8::/112",)),
        ("198.51.100.0/24", ("198.51.100.0/24",)),
        ("198.51.100.7", ("198.51.100.7",)),
    ],
)
def test_a_range_of_addresses_is_read_however_people_write_it(text: str, networks: tuple[str, ...]) -> None:
    assert address_range(text) == networks


@pytest.mark.parametrize(
    "text", ["198.51.100.63-198.51.100.0", "198.51.100.0-2001:db8::", "198.51.100.0-", "kantor-pusat", "999.1.1.*"]
)
def test_what_is_no_range_of_addresses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an "):
        address_range(text)
