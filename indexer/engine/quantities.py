"""Telling quantities from names: 250 km, 20 hours, $1,350 and 18:30 count or measure; the 58 of Article 58 does not."""

import re

_UNITS = frozenset(
    "% ° am pm k m km cm mm nm mi ft in inch inches foot feet mile miles metre metres meter meters kilometre kilometres "
    "kilometer kilometers kg kgs kilo kilos g mg gram grams lb lbs oz ounce ounces l ml litre litres liter liters gb mb kb tb "
    "gigabytes megabytes kw kwh watt watts volt volts mph degrees s sec secs second seconds min mins minute minutes h hr hrs "
    "hour hours day days night nights week weeks month months quarters year years yr yrs yo decades business working calendar "
    "consecutive square cubic percent per cent cents pct euro euros eur dollar dollars usd pound pounds gbp chf francs yen "
    "yuan rmb quid bucks crowns people persons person employees workers adults children child kids kid guests students "
    "visitors members times x st nd rd th er oclock a each "
    # German, French, Spanish
    "uhr jahr jahre jahren monat monate monaten woche wochen tag tage tagen stunde stunden minuten sekunden prozent personen "
    "kinder kindern mitarbeiter mitarbeitende quadratmeter kilometern metern grad mal an ans mois semaine semaines jour jours "
    "heure heures personnes enfants kilomètres mètres pour año años mes meses semana semanas día días hora horas minutos por "
    "personas hijos kilómetros metros".split()
)
"""Words behind a number that make it a quantity: units, what people count, and "a" and "per" (5 a day)."""

_MEASURES = frozenset(
    "since until till after before over under below above around nearly almost only least most every each per within between "
    "during last next first another other exactly approximately approx roughly about maximum minimum max min plus minus times "
    "turn turned turning aged age ages old born pay pays paid cost costs earn earns earned make makes made buy bought get got "
    "drive drove driven work works worked spend spent use used weigh weighs need needs want wants year years month months day "
    "days hour hours week weeks euro euros eur dollar dollars usd pound pounds gbp chf rmb salary salaries income wage wages "
    "score weight height temperature size price amount balance budget distance speed bmi rent population total sum limit "
    "value quantity depth length width duration deposit fee fees rate zip postcode "
    # German, French, Spanish
    "seit nach vor bis ab mit für über unter etwa rund circa ca jahr jahre alter gehalt einkommen preis betrag größe gewicht "
    "höhe depuis après avant dans desde hasta con para más cada los las".split()
)
"""Words before a number that it does not name: prepositions, verbs, and nouns that are measured in numbers."""

_COMPOUND = re.compile(r"\d+(?:[.,]\d+)?[-‐‑][a-z]{3,}(?:[-‐‑][a-z]+)*")
"""30-day, 3-year-old."""

_TIME_OR_YEARS = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?|(?:19|20)\d{2}[-‐‑]\d{2,4}")
_WITH_UNIT = re.compile(r"\d+(?:[.,]\d+)?([a-zA-Z%°]+)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CURRENCY_BEFORE = re.compile(r"[$€£¥]\s?$")
_BEHIND = re.compile(r"\s?(?P<sign>[%°€$£])|[ \u00a0-](?P<word>[^\W\d_]+)|(?P<ratio>/\d)")
_BEFORE = 2
"""Characters before a number in which the sign of a currency is looked for."""


def is_quantity(text: str, start: int, end: int) -> bool:
    """Whether the number in `text[start:end]`, with what is written with it, is an amount, a time, a ratio, or has a unit."""
    written = text[start:end]
    if _COMPOUND.fullmatch(written) or _TIME_OR_YEARS.fullmatch(written):
        return True
    if _CURRENCY_BEFORE.search(text, max(0, start - _BEFORE), start):
        return True
    if with_unit := _WITH_UNIT.fullmatch(written):
        return with_unit[1].lower() in _UNITS
    behind = _BEHIND.match(text, end) if _NUMBER.fullmatch(written) else None
    return behind is not None and (behind["word"] is None or behind["word"].lower() in _UNITS)


def is_measured(word: str) -> bool:
    """Whether a number behind this word, in lower case, measures or counts, so that it names nothing."""
    return word in _MEASURES
