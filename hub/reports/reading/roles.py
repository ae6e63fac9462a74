"""The role of a value and its evidence, decided in the same way for all formats (hub/docs/roles.md).

A role needs evidence: a classification, a category, a relation, the position in an attack. The word "source" and a flag
for "use this for detection" are not enough. Hosts that were infected, vulnerable, compromised, exposed or attacked belong
to victims; so do recipients, targets and imitated organisations. Without evidence the role stays UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading import role_words, values
from hub.reports.reading.options import ReadOptions
from hub.reports.report import Report
from hub.reports.rsit import RsitType
from hub.reports.victims import Victim

VICTIM_TYPES: Final[frozenset[str]] = frozenset({
    "infected-system", "vulnerable-system", "weak-crypto", "ddos-amplifier", "potentially-unwanted-accessible",
    "information-disclosure", "system-compromise", "application-compromise", "data-leak",
    "unauthorised-information-modification", "misconfiguration", "privileged-account-compromise",
    "unprivileged-account-compromise", "data-loss", "outage",
})  # fmt: skip
"""RSIT types whose reported host belongs to a victim: it is infected, vulnerable, compromised or exposed."""

ATTACKER_TYPES: Final[frozenset[str]] = frozenset({
    "c2-server", "malware-distribution", "malware-configuration", "phishing", "masquerade", "scanner", "brute-force",
    "exploit", "ids-alert", "spam", "dos", "ddos", "blacklist", "dga-domain", "proxy", "tor", "social-engineering",
})  # fmt: skip
"""Types (including the four that only IntelMQ has) whose reported host attacks or serves an attack."""

CLIENT_TYPES: Final[frozenset[str]] = frozenset(
    {"scanner", "brute-force", "exploit", "ids-alert", "spam", "dos", "ddos"}
)
"""Attacker types whose host opens the connection to its victims; hosts of the other types are servers."""

EXPOSED_CLASS: Final = "vulnerable"
"""The RSIT class for exposed hosts: nobody has attacked yet, so every host in the report is an exposed one."""

POSSIBLE_SINKHOLE: Final = "may be a sinkhole: the report does not say"
"""Why the host that an infected system called is held."""
SINKHOLE: Final = "a sinkhole: never published"

# Top-level domains of the member countries: a sender under one of them may be a victim.
_MEMBER_TLDS: Final = frozenset({"bn", "id", "kh", "la", "mm", "my", "ph", "sg", "th", "tl", "vn"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A role, and a sentence that names the field which decided it."""

    role: Role
    evidence: str

    def apply_to(self, item: Observable) -> Observable:
        """Return the observable with this role. Values of the adversary and of hacked third parties are indicators."""
        is_indicator = self.role in {Role.ADVERSARY, Role.THIRD_PARTY}
        return replace(item, role=self.role, evidence=self.evidence, as_indicator=is_indicator)


def adversary(evidence: str) -> Claim:
    """Return the claim that the value belongs to the adversary."""
    return Claim(Role.ADVERSARY, evidence)


def victim(evidence: str) -> Claim:
    """Return the claim that the value belongs to a victim."""
    return Claim(Role.VICTIM, evidence)


def third_party(evidence: str) -> Claim:
    """Return the claim that the value belongs to a hacked third party: indicator and victim at once."""
    return Claim(Role.THIRD_PARTY, evidence)


def unknown(evidence: str) -> Claim:
    """Return the claim that nothing in the report decides the owner of the value."""
    return Claim(Role.UNKNOWN, evidence)


def observation_claims(rsit_type: str, field: str, *, host_is_victim: bool = False) -> tuple[Claim, Claim]:
    """Return the claims on the reported host of an observation and on the host at the other end.

    ``field`` is the name of the field with the type, for the evidence. ``host_is_victim``: the format itself says that
    the reported host belongs to a victim, whatever the type is.
    """
    sentence = f"{field} says {rsit_type}"
    if rsit_type == "infected-system":
        return victim(f"{sentence}: the host is infected"), adversary(f"{sentence}: the infected host called it")
    if host_is_victim or rsit_type in VICTIM_TYPES:
        return victim(f"{sentence}: the host is a victim's"), unknown(f"{sentence}: the owner of that end is unknown")
    if rsit_type in ATTACKER_TYPES:
        return adversary(f"{sentence}: the host attacks or serves an attack"), victim(f"{sentence}: it was attacked")
    claim = unknown(f"{sentence}: it does not say who attacked")
    return claim, claim


def attack_claims(types: Iterable[RsitType], field: str, *, has_target: bool) -> tuple[Claim, Claim]:
    """Return the claims on the source and the target of an attack of these types.

    ``has_target``: the report names a target. If it names none, the source of a compromise may be the compromised host.
    """
    decisive_types = [line for line in types if line.type in VICTIM_TYPES | ATTACKER_TYPES]
    names = ", ".join(line.type for line in decisive_types)
    if any(line.type == "infected-system" for line in decisive_types):
        sentence = f"{field} says {names}"
        return victim(f"{sentence}: the source is infected"), adversary(f"{sentence}: the infected source called it")
    if decisive_types and all(line.rsit_class == EXPOSED_CLASS for line in decisive_types):
        exposed_claim = victim(f"{field} says {names}: the host is exposed")
        return exposed_claim, exposed_claim
    target = victim("it is the target of the attack")
    if decisive_types and not has_target and all(line.type in VICTIM_TYPES for line in decisive_types):
        return unknown(f"{field} says {names}, and no target is named: it may be the victim"), target
    if decisive_types:
        return adversary(f"{field} says {names}, and it is the source of the attack"), target
    return unknown("it is called a source, but no classification says that it attacked"), target


def sender_claim(mail: str, field: str, *, protected: Iterable[str] = ()) -> Claim:
    """Return the claim on the sender of a hostile mail. ``protected``: its recipients, and the domains of the victim.

    A sender can be forged. One in the organisation of the recipients was imitated or hacked; one under the top-level
    domain of a member country probably was, too.
    """
    place = mail.rpartition("@")[2].casefold()
    if any(is_within(place, address.rpartition("@")[2].casefold()) for address in protected):
        return victim(f"{field} belongs to the recipients' own organisation: imitated or hacked")
    if place.rpartition(".")[2] in _MEMBER_TLDS:
        return unknown(f"{field} can be forged, and is under the domain of a member country")
    return adversary(f"{field} of a hostile mail")


def is_within(name: str, domain: str) -> bool:
    """Whether a domain name is ``domain`` or one of its subdomains."""
    return bool(domain) and (name == domain or name.endswith("." + domain))


class UnusedNotes(Protocol):
    """The part of `Draft` that this module needs; a protocol, because `Draft` imports this module."""

    @property
    def options(self) -> ReadOptions:
        """The options of the readers."""

    def note_unused(self, key: str, value: object, reason: str) -> None:
        """Note a field that is not used."""


def check_called_host(
    item: Observable, draft: UnusedNotes, key: str, *, is_command_server: bool, is_sinkhole: bool
) -> Observable | None:
    """Return the host that an infected host called; None for a sinkhole, which is noted as unused.

    A host that may be a sinkhole is held until an officer confirms it. ``is_command_server``: the report calls it one, or
    names the malware that called it.
    """
    if is_sinkhole:
        draft.note_unused(key, item.value, SINKHOLE)
        return None
    options = draft.options
    if is_command_server or not item.as_indicator or options.confirm_all or item.value in options.confirmed:
        return item
    return replace(item, hold_reason=POSSIBLE_SINKHOLE)


_ADDRESSES: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6})
_HOST_TYPES: Final = frozenset({*_ADDRESSES, ObservableType.DOMAIN, ObservableType.URL, ObservableType.EMAIL})
# A comment can change the role of these types. A hash of malware stays one, whatever it infected.
_COMMENTED_TYPES: Final = _HOST_TYPES | {
    ObservableType.USER_ACCOUNT, ObservableType.AS, ObservableType.MAC, ObservableType.TRAFFIC,
}  # fmt: skip


def apply_comment(item: Observable) -> Observable:
    """Return the observable with the role that its comment gives it (see the words in `role_words`).

    A word for a victim outweighs a word for a compromise. A comment that also has a word for the adversary may be about
    two hosts: with a word for a victim, the role becomes unknown until an officer decides; with a word for a compromise,
    the value is a hacked host that the adversary uses.
    """
    comment = item.description
    if not comment or item.type not in _COMMENTED_TYPES or item.role is Role.VICTIM:
        return item
    if word := role_words.victim_word(comment):
        sentence = f"its comment says “{word}”"
        if adversary_word := role_words.adversary_word(comment):
            claim = unknown(f"{sentence} and “{adversary_word}”: it may belong to either")
            return _with_claim(claim, item) if item.role is Role.ADVERSARY else item
        return _with_claim(victim(sentence), item)
    word = role_words.compromise_word(comment)
    if word is None or item.role is Role.THIRD_PARTY:
        return item
    sentence = f"its comment says “{word}”"
    return _with_claim(third_party(sentence) if item.type in _HOST_TYPES else victim(sentence), item)


def apply_comments(item: Observable, comments: Iterable[str | None]) -> Observable:
    """Return the observable with the role that several comments give it. Each is applied by itself, because the joined
    text may seem to be about two hosts.
    """
    for comment in comments:
        item = apply_comment(replace(item, description=comment))
    return item


_INFECTION_WORDS: Final = re.compile(
    r"(?<!\w)(?:infected|terinfeksi|terjangkit|dijangkiti|dijangkit|naimpeksyon|infetadu)(?!\w)|bị nhiễm|nhiễm mã độc"
    r"|ติดมัลแวร์|ติดไวรัส|ติดเชื้อ|ຕິດໄວຣັສ|ឆ្លងមេរោគ|受感染|被感染",
    re.IGNORECASE,
)


def adjust_for_description(claim: Claim, field: str, text: str | None) -> Claim:
    """Return the claim on the source of an attack; unknown if the description says that a host was infected or hacked.

    The description may be about another host, so an officer decides. A comment on the value itself decides alone
    (`apply_comment`).
    """
    if claim.role is not Role.ADVERSARY or not text or role_words.adversary_word(text):
        return claim
    word = role_words.compromise_word(text) or ((match := _INFECTION_WORDS.search(text)) and match[0])
    return unknown(f"{claim.evidence}, but {field} says “{word}”: it may be a third party's") if word else claim


def _with_claim(claim: Claim, item: Observable) -> Observable:
    """Return the observable with the role of the claim; of a connection, both ends get it."""
    changed = claim.apply_to(item)
    if item.traffic is None:
        return changed
    traffic = replace(item.traffic, src_role=claim.role, dst_role=claim.role)
    return replace(changed, traffic=traffic, as_indicator=False)


_MANAGED_PATH: Final = re.compile(
    r"/(?:wp-(?:content|includes|admin|json|login\.php)|administrator|components/com_\w+|modules/mod_\w+"
    r"|media/com_\w+|sites/(?:default|all)|cgi-sys|cpanel|webmail|\.well-known|user_guide_src|vendor/phpunit"
    r"|typo3(?:conf|temp)?|fckeditor|kcfinder|xmlrpc\.php)(?:/|$)",
    re.IGNORECASE,
)
HACKED_SITE: Final = (
    "its path belongs to a content management system, under the domain of a member country: likely a hacked site"
)


def managed_site_host(url: str) -> str | None:
    """Return the host of a URL in a member country whose path belongs to a content management system; None for others.

    Adversaries rarely install one, so such a site belongs to somebody else and was hacked.
    """
    host = (values.url_host(url) or "").casefold().rstrip(".")
    if host.rpartition(".")[2] not in _MEMBER_TLDS:
        return None
    return host if _MANAGED_PATH.search(urlsplit(url).path) else None


def mark_hacked_sites(items: Iterable[Observable], *, one_observation: bool = False) -> tuple[Observable, ...]:
    """Return the observables with the role third party for hacked sites: the URL, its host, and the host's addresses.

    ``one_observation``: all come from one observation, so an address of the adversary beside the site is its address.
    """
    items = tuple(items)
    sites = {site for item in items if item.type is ObservableType.URL and (site := managed_site_host(item.value))}
    if not sites:
        return items
    addresses = {text for item in items if item.value in sites for text in item.resolves_to}
    claim = third_party(HACKED_SITE)

    def with_site_role(item: Observable) -> Observable:
        if item.role not in {Role.ADVERSARY, Role.UNKNOWN}:
            return item
        host = values.url_host(item.value) if item.type is ObservableType.URL else item.value
        is_site_address = one_observation and item.role is Role.ADVERSARY and item.type in _ADDRESSES
        if (host or "").casefold() in sites or (item.type in _ADDRESSES and item.value in addresses) or is_site_address:
            return claim.apply_to(item)
        return item

    return tuple(map(with_site_role, items))


AUTOMATED_TYPES: Final[frozenset[str]] = frozenset({
    "ddos", "dos", "spam", "scanner", "brute-force", "exploit", "ids-alert",
})  # fmt: skip
"""Types whose source usually is a hacked or infected machine of an unaware owner. A host that serves an attack (a command
server, a phishing page, a distributor of malware) was set up by the adversary, unless the report says otherwise."""


def adjust_for_country(claim: Claim, rsit_type: str, field: str, *, country: str | None, home: str | None) -> Claim:
    """Return the claim on the source of an automated attack; third party if the source is in the country of the CERT.

    ``country`` is the country of the source in the report, ``home`` the country of the CERT; both ISO2.
    """
    if claim.role is not Role.ADVERSARY or rsit_type not in AUTOMATED_TYPES or home is None or country != home:
        return claim
    return third_party(f"{claim.evidence}, but {field} says {country}: likely a hacked machine of this country")


def adjust_for_names(claim: Claim, rsit_type: str, names: Iterable[str]) -> Claim:
    """Return the claim on the source of an automated attack; third party if it has a name in a member country.

    Nobody registers a name in order to scan from it.
    """
    if claim.role is not Role.ADVERSARY or rsit_type not in AUTOMATED_TYPES:
        return claim
    name = next((name for name in names if name.rpartition(".")[2].casefold() in _MEMBER_TLDS), None)
    return (
        claim if name is None else third_party(f"{claim.evidence}, but {name} is under the domain of a member country")
    )


_REFLECTION: Final = re.compile(r"amplif|reflect", re.IGNORECASE)


def adjust_for_reflection(claim: Claim, field: str, text: str | None) -> Claim:
    """Return the claim on the source of a flood; victim if the report says that an exposed service reflected it."""
    if claim.role is Role.VICTIM or not text or not _REFLECTION.search(text):
        return claim
    return victim(f"{field} says {text[:60]}: the source is an exposed service")


def settle_roles(report: Report) -> Report:
    """Return the report with the final roles: what the format decided, corrected by the rest of the report.

    1. Comments on values. 2. Hacked sites. 3. Values that the report declares as its victims' own. 4. Connections: each
    end gets the role of its host.
    """
    # 1.
    observables = tuple(map(apply_comment, report.observables))
    # 2.
    observables = mark_hacked_sites(observables)
    # 3.
    own_space = _OwnSpace((*report.victims, *report.secondary_victims))
    if own_space.is_declared:
        observables = tuple(own_space.claim(item) for item in observables)
    # 4.
    protected_roles: dict[str, Role] = {
        item.value: item.role for item in observables if item.role in {Role.VICTIM, Role.THIRD_PARTY}
    }
    if protected_roles:
        observables = tuple(_with_end_roles(item, protected_roles) for item in observables)
    return report if observables == report.observables else replace(report, observables=observables)


def _with_end_roles(item: Observable, roles: Mapping[str, Role]) -> Observable:
    traffic = item.traffic
    if traffic is None:
        return item
    return replace(
        item,
        traffic=replace(
            traffic,
            src_role=roles.get(traffic.src or "", traffic.src_role),
            dst_role=roles.get(traffic.dst or "", traffic.dst_role),
        ),
    )


class _OwnSpace:
    """The names, mailboxes and networks that a report declares as its victims' own."""

    def __init__(self, victims: Iterable[Victim]) -> None:
        self._names: set[str] = set()
        self._mails: set[str] = set()
        self._networks: dict[tuple[int, int], set[int]] = {}  # (version, prefix length) -> first addresses
        for item in victims:
            self._names |= {text.casefold().strip(".") for text in (*item.domains, *item.hosts) if text}
            self._mails |= {text.casefold() for text in item.emails}
            networks = [values.as_network(text) for text in (*item.ip_ranges, *item.hosts)]
            for network in (network for network in networks if network):
                self._networks.setdefault((network.version, network.prefixlen), set()).add(int(network.network_address))
        self.is_declared = bool(self._names or self._mails or self._networks)

    def claim(self, item: Observable) -> Observable:
        """Return the observable; its role is victim if it is in this space. Of a connection, each end is checked by itself."""
        traffic = item.traffic
        if traffic is not None:
            if traffic.src and self._contains(traffic.src):
                traffic = replace(traffic, src_role=Role.VICTIM)
            if traffic.dst and self._contains(traffic.dst):
                traffic = replace(traffic, dst_role=Role.VICTIM)
            return replace(item, traffic=traffic)
        if item.type not in _HOST_TYPES or item.role is Role.VICTIM:
            return item
        host = item.value
        if item.type is ObservableType.URL:
            host = values.url_host(item.value) or ""
        elif item.type is ObservableType.EMAIL:
            host = item.value.rpartition("@")[2]
        if item.value.casefold() not in self._mails and not self._contains(host):
            return item
        return replace(
            victim("the report declares it, or its domain or network, as the victim's own").apply_to(item),
            hold_reason=None,
        )

    def _contains(self, host: str) -> bool:
        network = values.as_network(host)
        if network is None:
            labels = host.casefold().split(".")
            return any(".".join(labels[i:]) in self._names for i in range(len(labels)))
        address, bits = int(network.network_address), network.max_prefixlen
        return any(
            version == network.version
            and prefix <= network.prefixlen
            and (address >> (bits - prefix) << (bits - prefix)) in starts
            for (version, prefix), starts in self._networks.items()
        )
