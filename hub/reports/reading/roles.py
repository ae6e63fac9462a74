"""The role of a value, and its evidence: the one rule that all formats share (hub/docs/roles.md).

A role needs evidence: a classification, a category, a relation, the position in an attack. The word "source" and a flag
that says "use this for detection" prove nothing by themselves. What was infected, vulnerable, compromised, exposed or
attacked is a victim's; so are recipients, targets, and organisations that were imitated. What nothing decides stays UNKNOWN.
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
"""RSIT types that say of the host they are about that it was struck: infected, vulnerable, compromised or exposed."""

ATTACKER_TYPES: Final[frozenset[str]] = frozenset({
    "c2-server", "malware-distribution", "malware-configuration", "phishing", "masquerade", "scanner", "brute-force",
    "exploit", "ids-alert", "spam", "dos", "ddos", "blacklist", "dga-domain", "proxy", "tor", "social-engineering",
})  # fmt: skip
"""Types (IntelMQ's own four among them) that say of the host they are about that it attacks, or serves an attack."""

CALLING_TYPES: Final[frozenset[str]] = frozenset(
    {"scanner", "brute-force", "exploit", "ids-alert", "spam", "dos", "ddos"}
)
"""Of these, types whose host reaches out to those whom it attacks; the others serve what others reach for."""

EXPOSED_CLASS: Final = "vulnerable"
"""The RSIT class in which nobody has attacked yet: every host that is named in it is the exposed one."""

POSSIBLE_SINKHOLE: Final = "may be a sinkhole: the report does not say"
"""Why the other end of an infected system is held."""
SINKHOLE: Final = "a sinkhole: never published"

# Top-level domains of the countries whose CERTs share here: a sender under one of them may well be somebody's to protect.
_AT_HOME: Final = frozenset({"bn", "id", "kh", "la", "mm", "my", "ph", "sg", "th", "tl", "vn"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A role, and the sentence that names the field which decided it."""

    role: Role
    evidence: str

    def apply_to(self, item: Observable) -> Observable:
        """The observable with this role. The adversary's, and a hacked host, are indicators."""
        indicator = self.role in {Role.ADVERSARY, Role.THIRD_PARTY}
        return replace(item, role=self.role, evidence=self.evidence, as_indicator=indicator)


def adversary(evidence: str) -> Claim:
    """A claim that the value is the adversary's."""
    return Claim(Role.ADVERSARY, evidence)


def victim(evidence: str) -> Claim:
    """A claim that the value is a victim's."""
    return Claim(Role.VICTIM, evidence)


def third_party(evidence: str) -> Claim:
    """A claim that the value is a hacked third party's: indicator and victim at once."""
    return Claim(Role.THIRD_PARTY, evidence)


def unknown(evidence: str) -> Claim:
    """A claim that nothing in the report says whose the value is."""
    return Claim(Role.UNKNOWN, evidence)


def observation_claims(rsit_type: str, field: str, *, host_is_victim: bool = False) -> tuple[Claim, Claim]:
    """The claims on the host that an observation is about, and on the host at the other end of it.

    ``field`` is what named the type, for the evidence. ``struck``: the format itself says so, whatever the type.
    """
    sentence = f"{field} says {rsit_type}"
    if rsit_type == "infected-system":
        return victim(f"{sentence}: the host is infected"), adversary(f"{sentence}: the infected host called it")
    if host_is_victim or rsit_type in VICTIM_TYPES:
        return victim(f"{sentence}: the host was struck"), unknown(f"{sentence}: that end may be anybody's")
    if rsit_type in ATTACKER_TYPES:
        return adversary(f"{sentence}: the host attacks or serves an attack"), victim(f"{sentence}: it was attacked")
    return unknown(f"{sentence}: it does not tell who attacked"), unknown(f"{sentence}: it does not tell who attacked")


def attack_claims(types: Iterable[RsitType], field: str, *, aimed: bool) -> tuple[Claim, Claim]:
    """The claims on the source and the target of an attack that the report classifies by these types.

    ``aimed``: the report names a target. Where it names none, the source of a compromise may be what was compromised.
    """
    known = [line for line in types if line.type in VICTIM_TYPES | ATTACKER_TYPES]
    names = ", ".join(line.type for line in known)
    if any(line.type == "infected-system" for line in known):
        sentence = f"{field} says {names}"
        return victim(f"{sentence}: the source is infected"), adversary(f"{sentence}: the infected source called it")
    if known and all(line.rsit_class == EXPOSED_CLASS for line in known):
        exposed = victim(f"{field} says {names}: the host is exposed")
        return exposed, exposed
    target = victim("it is the target of the attack")
    if known and not aimed and all(line.type in VICTIM_TYPES for line in known):
        return unknown(f"{field} says {names}, and no target is named: it may be what was struck"), target
    if known:
        return adversary(f"{field} says {names}, and it is the source of the attack"), target
    return unknown("it is called a source, but no classification says that it attacked"), target


def sender_claim(mail: str, field: str, *, others: Iterable[str] = ()) -> Claim:
    """The claim on the sender of a hostile mail, which can be forged. ``others``: its recipients, and the victim's domains.

    A sender of the recipients' own organisation is imitated or hacked, and so is likely one under a member's country.
    """
    place = mail.rpartition("@")[2].casefold()
    if any(is_within(place, other.rpartition("@")[2].casefold()) for other in others):
        return victim(f"{field} is of the recipients' own organisation: imitated or hacked")
    if place.rpartition(".")[2] in _AT_HOME:
        return unknown(f"{field} can be forged, and lies under a member's country")
    return adversary(f"{field} of a hostile mail")


def is_within(name: str, domain: str) -> bool:
    """Whether a domain name is ``domain`` or lies under it."""
    return bool(domain) and (name == domain or name.endswith("." + domain))


class UnusedNotes(Protocol):
    """Takes notes about unused values. `Draft` implements it, and imports this module."""

    @property
    def options(self) -> ReadOptions:
        """How the file is read."""

    def note_unused(self, key: str, value: object, reason: str) -> None:
        """Name a field that is not used."""


def check_called_host(
    item: Observable, draft: UnusedNotes, key: str, *, command_server: bool, sinkhole: bool
) -> Observable | None:
    """What an infected host called: a sinkhole is named and left out; what may be one is held until an officer confirms it.

    ``command_server``: the report calls it one, or names the malware that called it.
    """
    if sinkhole:
        draft.note_unused(key, item.value, SINKHOLE)
        return None
    options = draft.options
    if command_server or not item.as_indicator or options.confirm_all or item.value in options.confirmed:
        return item
    return replace(item, hold_reason=POSSIBLE_SINKHOLE)


_ADDRESSES: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6})
_HOSTED: Final = frozenset({*_ADDRESSES, ObservableType.DOMAIN, ObservableType.URL, ObservableType.EMAIL})
# What a comment can make a victim's: a hash of malware stays one, whatever it infected.
_OWNED: Final = _HOSTED | {
    ObservableType.USER_ACCOUNT, ObservableType.AS, ObservableType.MAC, ObservableType.TRAFFIC,
}  # fmt: skip


def apply_comment(item: Observable) -> Observable:
    """The observable with the role that its comment gives it (the words: `role_words`).

    A victim's word decides over one of compromise. A comment that has a word of the adversary's, too, may be about two
    hosts: with a victim's word the value is then nobody's until an officer says so; with one of compromise the value is
    a hacked host that the adversary runs.
    """
    comment = item.description
    if not comment or item.type not in _OWNED or item.role is Role.VICTIM:
        return item
    if word := role_words.victim_word(comment):
        sentence = f"its comment says “{word}”"
        if other := role_words.adversary_word(comment):
            claim = unknown(f"{sentence} and “{other}”: it may be either's")
            return _with(claim, item) if item.role is Role.ADVERSARY else item
        return _with(victim(sentence), item)
    word = role_words.compromise_word(comment)
    if word is None or item.role is Role.THIRD_PARTY:
        return item
    sentence = f"its comment says “{word}”"
    return _with(third_party(sentence) if item.type in _HOSTED else victim(sentence), item)


def apply_comments(item: Observable, comments: Iterable[str | None]) -> Observable:
    """The observable with the role that several comments give it, each by itself: in one text they may seem to be about
    two hosts.
    """
    for comment in comments:
        item = apply_comment(replace(item, description=comment))
    return item


_INFECTED: Final = re.compile(
    r"(?<!\w)(?:infected|terinfeksi|terjangkit|dijangkiti|dijangkit|naimpeksyon|infetadu)(?!\w)|bị nhiễm|nhiễm mã độc"
    r"|ติดมัลแวร์|ติดไวรัส|ติดเชื้อ|ຕິດໄວຣັສ|ឆ្លងមេរោគ|受感染|被感染",
    re.IGNORECASE,
)


def adjust_for_description(claim: Claim, field: str, text: str | None) -> Claim:
    """The claim on the source of an attack, where the words of the whole report say that a host was infected or taken.

    They may be about another host, so that an officer is asked; a comment on the value itself says more (`commented`).
    """
    if claim.role is not Role.ADVERSARY or not text or role_words.adversary_word(text):
        return claim
    word = role_words.compromise_word(text) or ((match := _INFECTED.search(text)) and match[0])
    return unknown(f"{claim.evidence}, but {field} says “{word}”: it may be somebody's") if word else claim


def _with(claim: Claim, item: Observable) -> Observable:
    """The observable, and the end of the connection that it is, with the role of a claim."""
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
HACKED_SITE: Final = "its path is of a content management system, under a member's country: likely a hacked site"


def managed_site_host(url: str) -> str | None:
    """The host of a URL under a member's country whose path is of a content management system; None for any other.

    The adversary rarely installs one: such a site is somebody's, and was hacked.
    """
    host = (values.url_host(url) or "").casefold().rstrip(".")
    if host.rpartition(".")[2] not in _AT_HOME:
        return None
    return host if _MANAGED_PATH.search(urlsplit(url).path) else None


def mark_hacked_sites(items: Iterable[Observable], *, one_observation: bool = False) -> tuple[Observable, ...]:
    """The observables, with hacked sites made third parties': the URL, its host, and the addresses of the host.

    ``one_observation``: all are of one, so that any address of the adversary's beside the site is the site's own.
    """
    items = tuple(items)
    sites = {site for item in items if item.type is ObservableType.URL and (site := managed_site_host(item.value))}
    if not sites:
        return items
    addresses = {text for item in items if item.value in sites for text in item.resolves_to}
    claim = third_party(HACKED_SITE)

    def settled(item: Observable) -> Observable:
        if item.role not in {Role.ADVERSARY, Role.UNKNOWN}:
            return item
        host = values.url_host(item.value) if item.type is ObservableType.URL else item.value
        beside = one_observation and item.role is Role.ADVERSARY and item.type in _ADDRESSES
        if (host or "").casefold() in sites or (item.type in _ADDRESSES and item.value in addresses) or beside:
            return claim.apply_to(item)
        return item

    return tuple(map(settled, items))


AUTOMATED_TYPES: Final[frozenset[str]] = frozenset({
    "ddos", "dos", "spam", "scanner", "brute-force", "exploit", "ids-alert",
})  # fmt: skip
"""Types whose source is mostly a hacked or infected machine of somebody who does not know of it. Whatever serves an attack
(a command server, a phishing page, a place that spreads malware) was put up by the adversary, unless the report says more."""


def adjust_for_country(claim: Claim, rsit_type: str, field: str, *, country: str | None, home: str | None) -> Claim:
    """The claim on the source of an attack by machines, a third party's where it lies in the CERT's own country.

    ``country`` is where the report says that the source is, ``home`` that of the CERT; both ISO2.
    """
    if claim.role is not Role.ADVERSARY or rsit_type not in AUTOMATED_TYPES or home is None or country != home:
        return claim
    return third_party(f"{claim.evidence}, but {field} says {country}: likely a hacked machine of this country")


def adjust_for_names(claim: Claim, rsit_type: str, names: Iterable[str]) -> Claim:
    """The claim on the source of an attack by machines, a third party's where a name of it lies under a member's country.

    Nobody registers a name to scan from it.
    """
    if claim.role is not Role.ADVERSARY or rsit_type not in AUTOMATED_TYPES:
        return claim
    name = next((name for name in names if name.rpartition(".")[2].casefold() in _AT_HOME), None)
    return claim if name is None else third_party(f"{claim.evidence}, but {name} is of a member's country")


_REFLECTION: Final = re.compile(r"amplif|reflect", re.IGNORECASE)


def adjust_for_reflection(claim: Claim, field: str, text: str | None) -> Claim:
    """The claim on the source of a flood, an exposed service's where the report says that it was reflected."""
    if claim.role is Role.VICTIM or not text or not _REFLECTION.search(text):
        return claim
    return victim(f"{field} says {text[:60]}: the source is an exposed service")


def settle_roles(report: Report) -> Report:
    """The report, with each role that the format gave checked by the rest of what the report says.

    1. Comments on values. 2. Sites that were hacked. 3. What the report declares as its victims' own. 4. Connections, of
    which each end has the role that its host has in the report.
    """
    # 1.
    observables = tuple(map(apply_comment, report.observables))
    # 2.
    observables = mark_hacked_sites(observables)
    # 3.
    own = _OwnSpace((*report.victims, *report.secondary_victims))
    if own.is_declared:
        observables = tuple(own.claimed(item) for item in observables)
    # 4.
    protected: dict[str, Role] = {
        item.value: item.role for item in observables if item.role in {Role.VICTIM, Role.THIRD_PARTY}
    }
    if protected:
        observables = tuple(_by_ends(item, protected) for item in observables)
    return report if observables == report.observables else replace(report, observables=observables)


def _by_ends(item: Observable, roles: Mapping[str, Role]) -> Observable:
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
    """The names and networks that a report declares as its victims' own."""

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

    def claimed(self, item: Observable) -> Observable:
        """The observable, the victim's if it lies here; of a connection each end by itself."""
        traffic = item.traffic
        if traffic is not None:
            if traffic.src and self._holds(traffic.src):
                traffic = replace(traffic, src_role=Role.VICTIM)
            if traffic.dst and self._holds(traffic.dst):
                traffic = replace(traffic, dst_role=Role.VICTIM)
            return replace(item, traffic=traffic)
        if item.type not in _HOSTED or item.role is Role.VICTIM:
            return item
        host = item.value
        if item.type is ObservableType.URL:
            host = values.url_host(item.value) or ""
        elif item.type is ObservableType.EMAIL:
            host = item.value.rpartition("@")[2]
        if item.value.casefold() not in self._mails and not self._holds(host):
            return item
        return replace(
            victim("the report declares it, or what it lies in, as the victim's own").apply_to(item), hold_reason=None
        )

    def _holds(self, host: str) -> bool:
        network = values.as_network(host)
        if network is None:
            labels = host.casefold().split(".")
            return any(".".join(labels[i:]) in self._names for i in range(len(labels)))
        first, bits = int(network.network_address), network.max_prefixlen
        return any(
            version == network.version
            and prefix <= network.prefixlen
            and (first >> (bits - prefix) << (bits - prefix)) in starts
            for (version, prefix), starts in self._networks.items()
        )
