"""IODEF version 2 (RFC 7970), in XML."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tests.privacy.incidents import Incident
from tests.privacy.writing.parts import at, own_values, story, traces, values_at, victim_name

_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_SIGNATURES: Final = "http://www.w3.org/2000/09/xmldsig#"


def iodef_document(incident: Incident) -> str:
    victim = incident.victim
    domain, address, digest = own_values(incident)
    lists = {
        "domain-name": [domain, *values_at(incident, "domain")],
        "ipv4-addr": [address],
        "url": values_at(incident, "url"),
    }
    observables = [
        f'<BulkObservable type="{kind}"><BulkObservableList>{escape(chr(10).join(texts))}</BulkObservableList></BulkObservable>'
        for kind, texts in lists.items()
        if texts
    ]
    observables += [_iodef_file(name, digest) for name in ["", *values_at(incident, "filename")]]
    observables += [
        f"<EmailData><EmailFrom>{escape(text)}</EmailFrom></EmailData>" for text in values_at(incident, "sender")
    ]
    observables += [
        f"<EmailData><EmailSubject>{escape(text)}</EmailSubject></EmailData>" for text in values_at(incident, "subject")
    ]
    machine = f'<Address category="{_family(victim.address)}">{victim.address}</Address>'
    names = "".join(f"<DomainData><Name>www.{victim.domain}</Name></DomainData>" for _ in traces(incident, "website"))
    indicators = "".join(
        f'<Indicator><IndicatorID name="cert.example" version="1">I-{number}</IndicatorID><Observable>{text}</Observable></Indicator>'
        for number, text in enumerate(observables)
    )
    category = incident.kind if incident.kind != "ransomware" else "infected-system"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<IODEF-Document version="2.00" xml:lang="en" xmlns="urn:ietf:params:xml:ns:iodef-2.0">
<Incident purpose="reporting" restriction="green" status="resolved">
<IncidentID name="cert.example">{incident.report_id}</IncidentID>
<StartTime>{at(incident.started)}</StartTime><GenerationTime>{at(incident.released)}</GenerationTime>
<Description>{escape(story(incident))}</Description>
<Assessment occurrence="actual"><IncidentCategory>{category}</IncidentCategory>
<SystemImpact severity="high" completion="succeeded" type="takeover-system"/></Assessment>
<Contact role="victim" type="organization"><ContactName>{escape(victim_name(incident))}</ContactName>
<Email><EmailTo>{victim.mailboxes[0]}</EmailTo></Email></Contact>
<EventData><Flow>
<System category="source" spoofed="no"><Node>{names}{machine}</Node></System>
<System category="target"><Node><DomainData system-status="fraudulent"><Name>{domain}</Name></DomainData></Node></System>
</Flow></EventData>
<IndicatorData>{indicators}</IndicatorData>
</Incident></IODEF-Document>
"""


def _iodef_file(name: str, digest: str) -> str:
    content = f"<FileName>{escape(name)}</FileName>" if name else (
        f'<HashData scope="file-contents"><Hash><ds:DigestMethod xmlns:ds={quoteattr(_SIGNATURES)} Algorithm={quoteattr(_SHA256)}/>'
        f"<ds:DigestValue xmlns:ds={quoteattr(_SIGNATURES)}>{digest}</ds:DigestValue></Hash></HashData>"
    )  # fmt: skip
    return f"<FileData><File>{content}</File></FileData>"


def _family(address: str) -> str:
    return "ipv6-addr" if ":" in address else "ipv4-addr"
