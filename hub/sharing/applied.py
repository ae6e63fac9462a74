"""What changed in the declarations since `hub init` last applied them, so that it can say what it does.

The declarations themselves are the truth and are read at each start; what is noted here is only what they said last time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import orjson

from hub.profile.rules import Profile
from hub.sharing.catalogue import ApiRoot, Catalogue, Collection
from hub.stix.tlp import TLP
from hub.store.base import Store

KIND: Final = "declared"
_KINDS: Final = ("hub", "root", "member", "profile", "collection")  # in the order in which they are told

Form = Mapping[str, Any]  # what is declared of one thing, as plain JSON


def apply(store: Store, catalogue: Catalogue) -> tuple[str, ...]:
    """Note what is declared now; a sentence on each thing that was declared otherwise. The first time there is none."""
    before = {fact.key: orjson.loads(fact.value) for fact in store.facts(KIND)}
    # as they will be read again: a tuple comes back as a list
    now: dict[str, Form] = orjson.loads(orjson.dumps(dict(_forms(catalogue))))
    changed = {key: orjson.dumps(form) for key, form in now.items() if before.get(key) != form}
    gone = before.keys() - now.keys()
    if changed or gone:
        store.put_facts(KIND, changed, gone)
    if not before:
        return ()
    names = sorted({*changed, *gone}, key=lambda key: (_KINDS.index(key.partition("/")[0]), key))
    return tuple(_sentence(store, key, before.get(key), now.get(key)) for key in names)


def digest(catalogue: Catalogue) -> str:
    """A hash of everything that is declared: equal for equal declarations."""
    return hashlib.sha256(orjson.dumps(dict(_forms(catalogue)), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sentence(store: Store, key: str, before: Form | None, now: Form | None) -> str:
    kind, _, name = key.partition("/")
    about = {"hub": "hub.toml", "collection": f"{(now or before or {}).get('name')}"}.get(kind, f"{kind} {name}")
    if now is not None and before is not None:
        differing = (field for field in sorted({*before, *now}) if before.get(field) != now.get(field))
        return f"{about}: changed: {', '.join(differing)}"
    if now is not None:
        return f"{about}: new"
    if kind == "collection":
        count, _newest = store.counts(name, TLP.RED)
        return f"{about}: no longer declared; its {count} objects stay in the store, and nobody can read them"
    return f"{about}: no longer declared"


def _forms(catalogue: Catalogue) -> Iterator[tuple[str, Form]]:
    """(kind/name, what is declared of it) of everything."""
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
    return {each.name: getattr(root, each.name) for each in fields(root) if each.name != "collections"}


def _collection(collection: Collection) -> Form:
    form = {each.name: getattr(collection, each.name) for each in fields(collection) if each.name not in ("id", "root")}
    return form | {
        "name": f"{collection.root}/{collection.alias}",
        "profiles": [profile.name for profile in collection.profiles],
        "readers": sorted(collection.readers),
        "writers": sorted(collection.writers),
    }


def _profile(profile: Profile) -> Form:
    """Its rules and deadlines, each as a hash: which of them changed is told by its id."""
    rules = {
        f"rule {rule.id}": _hash(rule, *(each.want.pattern for each in (*rule.when, rule.demand)))
        for rule in profile.rules
    }
    return rules | {"title": profile.title, "deadlines": _hash(profile.deadlines)}


def _hash(*values: Any) -> str:
    # a pattern's repr is cut at 200 characters
    parts = "\n".join(getattr(value, "pattern", None) or repr(value) for value in values)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]
