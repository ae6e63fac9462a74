"""What changed in the declarations since the last `hub init`, so that it can report the changes.

The declarations are read at each start and are the only truth; the facts here are a copy of what they were last time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import orjson

from hub.profile.rules import Demand, Profile, Rule
from hub.sharing.catalogue import ApiRoot, Catalogue, Collection
from hub.stix.tlp import TLP
from hub.store.base import Store

KIND: Final = "declared"
_KINDS: Final = ("hub", "root", "member", "profile", "collection")  # in the order of the report

Form = Mapping[str, Any]  # one declaration as plain JSON


def apply(store: Store, catalogue: Catalogue) -> tuple[str, ...]:
    """Store the present declarations; return a sentence for each one that changed. The first time there is none."""
    previous_forms = {fact.key: orjson.loads(fact.value) for fact in store.facts(KIND)}
    # through JSON, as the stored forms are: a tuple becomes a list
    current_forms: dict[str, Form] = orjson.loads(orjson.dumps(dict(_forms(catalogue))))
    changed_forms = {key: orjson.dumps(form) for key, form in current_forms.items() if previous_forms.get(key) != form}
    removed_keys = previous_forms.keys() - current_forms.keys()
    if changed_forms or removed_keys:
        store.put_facts(KIND, changed_forms, removed_keys)
    if not previous_forms:
        return ()
    names = sorted({*changed_forms, *removed_keys}, key=lambda key: (_KINDS.index(key.partition("/")[0]), key))
    return tuple(_sentence(store, key, previous_forms.get(key), current_forms.get(key)) for key in names)


def digest(catalogue: Catalogue) -> str:
    """A hash of all declarations: equal for equal declarations."""
    return hashlib.sha256(orjson.dumps(dict(_forms(catalogue)), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sentence(store: Store, key: str, previous_form: Form | None, current_form: Form | None) -> str:
    kind, _, name = key.partition("/")
    subject = {"hub": "hub.toml", "collection": f"{(current_form or previous_form or {}).get('name')}"}.get(
        kind, f"{kind} {name}"
    )
    if current_form is not None and previous_form is not None:
        changed_fields = (
            field
            for field in sorted({*previous_form, *current_form})
            if previous_form.get(field) != current_form.get(field)
        )
        return f"{subject}: changed: {', '.join(changed_fields)}"
    if current_form is not None:
        return f"{subject}: new"
    if kind == "collection":
        count, _newest = store.counts(name, TLP.RED)
        return f"{subject}: no longer declared; its {count} objects stay in the store, and no account can read them"
    return f"{subject}: no longer declared"


def _forms(catalogue: Catalogue) -> Iterator[tuple[str, Form]]:
    """(kind/name, form) of each declaration."""
    yield "hub/", {name: getattr(catalogue, name) for name in ("title", "description", "contact", "default")}
    for root in catalogue.roots.values():
        yield f"root/{root.name}", _root(root)
    for member in catalogue.members.values():
        yield f"member/{member.code}", asdict(member)
    for collection in catalogue:
        yield f"collection/{collection.id}", _collection(collection)
        for profile in collection.profiles:
            yield f"profile/{profile.name}", _profile(profile)


def _root(root: ApiRoot) -> Form:
    return {item.name: getattr(root, item.name) for item in fields(root) if item.name != "collections"}


def _collection(collection: Collection) -> Form:
    form = {item.name: getattr(collection, item.name) for item in fields(collection) if item.name not in ("id", "root")}
    return form | {
        "name": f"{collection.root}/{collection.alias}",
        "profiles": [profile.name for profile in collection.profiles],
        "readers": sorted(collection.readers),
        "writers": sorted(collection.writers),
    }


def _profile(profile: Profile) -> Form:
    """The rules and deadlines of a profile, each as a hash, so that a report can name the rules that changed."""
    rules = {
        f"rule {rule.id}": _hash(_rule_text(rule), *(item.operands.pattern for item in (*rule.conditions, rule.demand)))
        for rule in profile.rules
    }
    return rules | {"title": profile.title, "deadlines": _hash(profile.deadlines)}


def _rule_text(rule: Rule) -> str:
    """The rule as text, in the spelling of earlier hubs: another one would report every rule as changed after an upgrade."""
    conditions = ", ".join(map(_demand_text, rule.conditions)) + ("," if len(rule.conditions) == 1 else "")
    return (
        f"Rule(id={rule.id!r}, types={rule.types!r}, when=({conditions}), demand={_demand_text(rule.demand)}, "
        f"because={rule.because!r})"
    )


def _demand_text(demand: Demand) -> str:
    operands = repr(demand.operands).removeprefix(type(demand.operands).__name__)
    return f"Demand(path={demand.path!r}, must={demand.verb!r}, want=Want{operands})"


def _hash(*values: Any) -> str:
    # a pattern's repr is cut at 200 characters
    parts = "\n".join(
        value if isinstance(value, str) else getattr(value, "pattern", None) or repr(value) for value in values
    )
    return hashlib.sha256(parts.encode()).hexdigest()[:16]
