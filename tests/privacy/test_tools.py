"""The attacker is no straw man: it reads every disguise, and its world is what it says it is."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
import stix2

from tests.privacy.clues import Clues
from tests.privacy.incidents import FORMATS, Incident, Plan, draw_incidents
from tests.privacy.press import make_press
from tests.privacy.register import COUNTS, Constituent, Register, make_register, people_of, size_for
from tests.privacy.traces import DISGUISES, PLACES, TOKENS, Trace, value, wears

ENOUGH = 3.0  # nats: twenty times as likely as by chance


@pytest.fixture(scope="module")
def register() -> Register:
    return make_register("tools")


@pytest.fixture(scope="module")
def clues(register: Register) -> dict[str, Clues]:
    return {country: Clues(register[country]) for country in ("ID", "TH")}


@pytest.mark.parametrize("place", sorted(PLACES))
@pytest.mark.parametrize("country", ["ID", "TH"])
def test_the_attacker_reads_every_token_in_every_disguise(
    register: Register, clues: dict[str, Clues], country: str, place: str
) -> None:
    tokens, disguises = PLACES[place]
    for victim in register[country][:4]:
        for token in tokens:
            for name in disguises:
                text = TOKENS[token](victim)
                if wears(token, text, name):
                    trace = Trace(place, token, name, DISGUISES[name](text))
                    matches = clues[country].find([value(trace, 7)])
                    assert any(victim.key in clue.keys and clue.weight >= ENOUGH for clue in matches), trace


def test_the_attacker_tries_the_ids_of_observables(register: Register, clues: dict[str, Clues]) -> None:
    """As stix2 makes them of the victim's own values."""
    victim = register["ID"][3]
    for observable in (
        stix2.v21.IPv4Address(value=victim.address),
        stix2.v21.DomainName(value=victim.domain),
        stix2.v21.EmailAddress(value=victim.mailboxes[0]),
    ):
        (clue,) = clues["ID"].find_ids([observable.id, stix2.v21.DomainName(value="quartz.example").id])
        assert clue.keys == {victim.key}


def test_a_text_without_the_victim_gives_no_clue(clues: dict[str, Clues]) -> None:
    texts = ["http://192.0.2.7/gate.php?id=cXVhcnR6", "quartz-ember.velvet.example", "LockBit", "invoice.pdf"]
    assert not [clue for clue in clues["ID"].find(texts) if clue.weight >= ENOUGH]


def test_the_register_is_the_same_for_the_same_seed_and_has_no_name_twice(register: Register) -> None:
    assert make_register("tools") == register
    assert make_register("other") != register
    assert {country: len(constituents) for country, constituents in register.items()} == COUNTS
    for constituents in register.values():
        for attribute in ("name", "short", "domain", "range", "key"):
            assert max(Counter(getattr(constituent, attribute) for constituent in constituents).values()) == 1


def test_the_number_of_people_tells_the_size_and_no_more(register: Register) -> None:
    for size in {constituent.size for constituent in register["SG"]}:
        lowest, beyond = people_of(size)
        assert {size_for(lowest), size_for(beyond - 1)} == {size}


def test_incidents_and_press_are_the_same_for_the_same_seed(register: Register) -> None:
    def draw(seed: int) -> tuple[Incident, ...]:
        return tuple(draw_incidents(register, Plan(50), Random(seed)))

    assert draw(1) == draw(1) != draw(2)
    assert make_press(draw(1), 0.5, 0.5, Random(1)) == make_press(draw(1), 0.5, 0.5, Random(1))


def test_the_press_names_nobody(register: Register) -> None:
    incidents = tuple(draw_incidents(register, Plan(200), Random(1)))
    for number, item in make_press(incidents, 1, 1, Random(1)).items():
        victim = incidents[number].victim
        assert item.fits(victim)
        assert not {victim.name, victim.latin, victim.short, *victim.brands} & set(str(item).split())


def test_victims_of_every_country_are_reported_in_every_format(register: Register) -> None:
    incidents = tuple(draw_incidents(register, Plan(1_000), Random(1)))
    assert {incident.victim.country for incident in incidents} == set(COUNTS)
    assert {incident.format for incident in incidents} == set(FORMATS)
    assert {trace.token for incident in incidents for trace in incident.traces} == set(TOKENS)
    assert {trace.disguise for incident in incidents for trace in incident.traces} == set(DISGUISES)


def test_a_victim_is_drawn_as_often_as_any_other(register: Register) -> None:
    """Of the incidents without consent to a pseudonym: the bound is true only if nobody is likelier than others."""
    incidents = draw_incidents(register, Plan(6_000, consents={"sector-only": 1}), Random(1))
    counted: Counter[Constituent] = Counter(incident.victim for incident in incidents)
    assert max(counted.values()) < 6_000 / sum(COUNTS.values()) * 4
