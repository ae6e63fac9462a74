"""The vocabularies whose words may leave unchanged. They are closed lists: a word that is not in them does not leave.

The lists of Incident Core come from its text of 2024 (OASIS cti-stix-common-objects), those of STIX from the stix2 library.
"""

from __future__ import annotations

from typing import Final

from stix2.v21 import vocab

from hub.stix import incident
from hub.stix import vocabularies as vocabulary

EVENT_TYPES: Final = frozenset(
    "aggregation-information-phishing-schemes benign blocked brute-force-attempt c&c-server-hosting compromised-system "
    "confirmed connection-malware-port connection-malware-system content-forbidden-by-law control-system-bypass "
    "copyrighted-content data-exfiltration deferred deletion-information denial-of-service destruction "
    "dictionary-attack-attempt discarded disruption-data-transmission dissemination-malware-email "
    "dissemination-phishing-emails dns-cache-poisoning dns-local-resolver-hijacking dns-rebinding dns-server-compromise "
    "dns-spoofing-registered dns-spoofing-unregistered dns-stub-resolver-hijacking dns-zone-transfer "
    "domain-name-compromise duplicate email-flooding equipment-loss equipment-theft exploit exploit-attempt "
    "exploit-framework-exhausting-resources exploit-tool-exhausting-resources failed file-inclusion "
    "file-inclusion-attempt hosting-malware-webpage hosting-phishing-sites illegitimate-use-name "
    "illegitimate-use-resources infected-by-known-malware insufficient-data known-malware lame-delegations major "
    "misconfiguration modification-information natural negotiation network-scanning no-apt packet-flood "
    "password-cracking-attempt policy-violation ransomware ransomware-payment refuted scan-probe silently-discarded "
    "spam sql-injection sql-injection-attempt successful supply-chain-customer supply-chain-vendor system-probe "
    "theft-access-credentials unattributed unauthorized-access-information unauthorized-access-system "
    "unauthorized-equipment unauthorized-release unauthorized-use undetermined unintentional unknown-apt unspecified "
    "vandalism wiretapping worm-spreading xss xss-attempt".split()
)
"""event-type-ov"""

ENTITY_TYPES: Final = frozenset(
    "computers-mobile computers-personal computers-server customer customer-individual customer-organization "
    "domain-controller employee group ics-actuator ics-engineering-workstation ics-historian ics-hmi ics-other ics-plc "
    "ics-safety-system ics-sensor individual network-device organization system vehicles".split()
)
"""entity-type-ov"""

ASSET_TYPES: Final = frozenset(
    "building-doors building-windows buildings computers-mobile computers-personal computers-server environment "
    "ics-actuator ics-engineering-workstation ics-historian ics-hmi ics-other ics-plc ics-safety-system ics-sensor "
    "inventory network-device private-infrastructure public-infrastructure security-containers vehicles unknown".split()
)
"""asset-type-ov"""

EXTERNAL_IMPACTS: Final = frozenset(
    "economic emergency-services foreign-relations national-security public-confidence public-health public-safety".split()
)
"""external-impact-ov"""

SECTOR_HINTS: Final = frozenset(
    "classified-material control-system-bypass ics-actuator ics-engineering-workstation ics-historian ics-hmi ics-other "
    "ics-plc ics-safety-system ics-sensor phi vehicles".split()
)
"""Words of these vocabularies that reveal the sector: they leave only if the sector leaves."""

LESSON_TASK_TYPES: Final = frozenset({"containment", "eradication"})
"""The values of task-type-ov whose tasks are lessons for others; other tasks do not leave."""

INFORMATION_TYPES: Final = vocabulary.INFORMATION_TYPES | {"unknown"}
DETECTION_METHODS: Final = frozenset(incident.DETECTION_METHODS)
INVESTIGATION_STATUSES: Final = frozenset(incident.INVESTIGATION_STATUSES)
INDICATOR_TYPES: Final = frozenset(vocab.INDICATOR_TYPE)
MALWARE_TYPES: Final = frozenset(vocab.MALWARE_TYPE)
TOOL_TYPES: Final = frozenset(vocab.TOOL_TYPE)
ACTOR_TYPES: Final = frozenset(vocab.THREAT_ACTOR_TYPE)
MOTIVATIONS: Final = frozenset(vocab.ATTACK_MOTIVATION)
PATTERN_TYPES: Final = frozenset(vocab.PATTERN_TYPE)

VOCABULARY_WORDS: Final = (
    EVENT_TYPES | ENTITY_TYPES | ASSET_TYPES | EXTERNAL_IMPACTS | LESSON_TASK_TYPES | INFORMATION_TYPES | DETECTION_METHODS
    | INVESTIGATION_STATUSES | INDICATOR_TYPES | MALWARE_TYPES | TOOL_TYPES | ACTOR_TYPES | MOTIVATIONS | PATTERN_TYPES
    | vocabulary.INDUSTRY_SECTORS | vocabulary.LOSS_TYPES | vocabulary.ALTERATIONS | vocabulary.ECONOMIC_VARIETIES
    | frozenset(incident.RECOVERABILITIES) | frozenset(incident.EVENT_STATUSES) | frozenset(incident.TASK_OUTCOMES)
    | frozenset(incident.TIMESTAMP_FIDELITIES) | frozenset(incident.IMPACT_CATEGORIES)
    | frozenset(incident.DETERMINATIONS) | frozenset(vocab.IDENTITY_CLASS)
)  # fmt: skip
"""Every word of a vocabulary. A value that equals one of them is not searched, even if a name is spelt like it."""
