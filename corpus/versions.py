"""Which version of a text a document is: when it was updated, from when until when it holds, what has taken its place.

All of it becomes metadata: `updated`, `valid_from`, `valid_until` and `review_by` are dates of ISO 8601, `replaced_by` names
another document, `status` is a word such as "current". `updated_from` says where `updated` comes from; see Origin.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import PurePosixPath

from askdex.corpus.sources.site.addresses import is_address
from askdex.corpus.text.dates import date_at_start, date_in_name, date_of_value, first_day, has_year, last_day
from askdex.corpus.types import Metadata, Scalar

_UPDATED = (
    "updated lastupdated lastupdate updatedat updatedon dateupdated ogupdatedtime lastmodified lastmod modified modifiedat "
    "modifieddate datemodified articlemodifiedtime dcmodified dctermsmodified dcdatemodified lastrevised revised revisiondate "
    "revision versiondate lastedited lastchanged lastreviewed revieweddate stand aktualisiert "
    "date dcdate dctermsdate published publishedat publishedon publishdate datepublished publicationdate pubdate "
    "articlepublishedtime issued dctermsissued dcdateissued created createdat createdon creationdate datecreated dctermscreated"
)
_KEYS = {
    "updated": _UPDATED,
    "valid_from": "validfrom effective effectivedate effectivefrom inforcefrom inforcesince dctermsvalid gültigab gueltigab",
    "valid_until": "validuntil validto validthrough expires expiresat expireson expiry expirydate expirationdate gültigbis "
    "gueltigbis",
    "review_by": "reviewby reviewdate nextreview nextreviewdate reviewdue reviewon duereview",
}
"""The keys that people and programs give to each of our dates, without case and signs; those before count first."""
VERSION_DATES = tuple(_KEYS)
"""The metadata keys of our dates."""
_REPLACED_BY = "replacedby supersededby obsoletedby successor isreplacedby dctermsisreplacedby ersetztdurch".split()
_STATUS = "status docstatus documentstatus pagestatus lifecycle".split()
_SIGNS = re.compile(r"[\W_]+")

_OUT_OF_FORCE = (
    "superseded archived archive obsolete replaced deprecated withdrawn expired retired outdated repealed revoked cancelled "
    "canceled rescinded veraltet überholt archiviert aufgehoben ersetzt ungültig périmé abrogé archivé obsolète remplacé "
    "derogado obsoleto archivado sustituido abrogato archiviato 废止 已废止 失效 已失效 作废 已作废"
).split()
"""What a status says of a document that another one has replaced, or that holds no more, in lower case."""
_ALL_KEYS = frozenset([*" ".join(_KEYS.values()).split(), *_REPLACED_BY, *_STATUS, *_OUT_OF_FORCE])
_OUT = "|".join(sorted(_OUT_OF_FORCE, key=len, reverse=True))
_STATUS_LINE = re.compile(rf"^[\W_]*(?:status\s*:\s*)?({_OUT})(?:\s+version)?[\W_]*$", re.IGNORECASE)
_REPLACED_LINE = re.compile(
    r"[\W_]*(?:this \w+ (?:has been|was|is) )?(?:superseded|replaced) by:?\s+(\S.{0,200}?)[.\s*_)\]]*$|"
    r"[\W_]*ersetzt durch:?\s+(\S.{0,200}?)[.\s*_)\]]*$",
    re.IGNORECASE,
)
_NAMED_OUT = re.compile(
    r"(?:.*[\W_])?(?:superseded|repealed|obsolete|deprecated|outdated|veraltet|überholt|aufgehoben|abrogée?|périmée?|"
    r"derogad[oa]|vetad[oa]|obsolet[oa]|废止|已废止|失效|作废)(?:[\W_]+(?:by|por|par|durch)[\W_].*)?[\W_]*",
    re.IGNORECASE,
)
"""The name of a file that ends with a word for what holds no more, perhaps with what took its place. Of the words of a status,
those are left out that files may be about, such as "retired"."""
_WORDS_JOINED = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
"""Where a word begins in a name without signs: between "fees" and "Repealed" in "feesRepealed"."""
_SET_ASIDE = frozenset(
    "archive archives archived old obsolete outdated superseded deprecated withdrawn archiv veraltet überholt archivo archivos "
    "obsoleto archivio périmé 归档 存档 旧版 作废".split()
)
"""The names of folders for what holds no more, in lower case; a number or a letter before one puts it last ("99_Archive")."""
_ORDERING = re.compile(r"(?:\d+|[a-z])(?=[\W_])")
_LINE_LABELS = {
    "updated": r"(?:last|zuletzt|page)?\s*(?:updated|modified|revised|reviewed|changed|amended|aktualisiert|geändert)"
    r"(?:\s+(?:on|at|am))?|(?:version|edition|revision|fassung|ausgabe)\s+(?:of|from|dated|vom|du|del)|as\s+(?:of|at)|"
    r"stand(?:\s+vom)?|dated|date|datum|published(?:\s+on)?|veröffentlicht(?:\s+am)?|mise?\s+à\s+jour(?:\s+le)?|"
    r"(?:última\s+)?actualiza(?:do|ción)(?:\s+el)?|(?:última\s+)?(?:atualiza(?:do|ção)|revisão)(?:\s+em)?|"
    r"(?:ultimo\s+)?aggiorna(?:to|mento)(?:\s+(?:il|al))?|(?:laatst\s+)?(?:bijgewerkt|gewijzigd)(?:\s+op)?|"
    r"(?:senast\s+)?(?:uppdaterad|ändrad)(?:\s+den)?|(?:ostatnia\s+)?aktualizacja|zaktualizowano|"
    r"(?:последнее\s+)?обновл(?:ено|ение)|дата\s+обновления|(?:최종|마지막)\s*(?:수정|업데이트|갱신)일?|"
    r"更新(?:时间|日期|于)?|发布(?:时间|日期|于)?|最終更新日?",
    "valid_from": r"(?:valid|applicable|applies|in\s+force|effective)\s+(?:from|since|as\s+of|as\s+from|on)|"
    r"effective(?:\s+date)?|gültig\s+(?:ab|seit)|in\s+kraft\s+(?:ab|seit)|en\s+vigueur\s+(?:depuis|le|à\s+partir\s+du)",
    "valid_until": r"(?:valid|applicable|in\s+force)\s+(?:until|till|to|through|up\s+to)|expires(?:\s+on)?|gültig\s+bis|"
    r"valable\s+jusqu['’]au",
    "review_by": r"(?:next\s+)?review(?:\s+(?:by|due|date|on))+|next\s+review",
}
"""What stands before a date in a text, and which of our dates it then is."""
_OPENS = r"(?:^|[\n(|•·–—,;]|\bthis \w+ (?:is|was|has been)\b)[^\w\n]*"
"""Where a label stands that speaks of the document: in "Your ticket is valid until May 2024" it speaks of something else."""
_LABELLED = {
    field: re.compile(rf"{_OPENS}(?:{label})\s*[:：]?\s*(?:the\s+|den\s+)?[*_]*", re.IGNORECASE)
    for field, label in _LINE_LABELS.items()
}
_ABOUT_VERSION = re.compile(
    r"(?:document\s+)?(?:version|edition|revision|rev|release|issue|v|ausgabe|fassung|versión|édition|edición|versione|versão|版本)"
    r"(?:\b|(?<=[vV]))\.?\s*[:：]?\s*(?:no\.?\s*|nr\.?\s*)?v?\d{1,4}(?:\.\d{1,4}){0,4}[a-z]?\.?",
    re.IGNORECASE,
)
"""A line that names a version and says nothing else: "Version 2.3"."""
_ABOUT_PEOPLE = re.compile(
    r"(?:authors?|written by|prepared by|(?:approved|reviewed|edited|owned|issued|published|maintained) by|(?:document )?owner|"
    r"editors?|contact(?: person)?|autor(?:in|en|es|a)?|verfasser(?:in)?|ansprechpartner(?:in)?|bearbeiter(?:in)?|"
    r"verantwortlich|erstellt von|auteurs?|rédigé par|escrito por|autore|autori|作者|编者)\s*[:：]\s*\S.{0,80}",
    re.IGNORECASE,
)
"""A line that says who wrote a text or answers for it: "Author: Anna Smith"."""
_PLACE_AND_DATE = re.compile(
    r"[^\W\d_][^\W\d]*(?:[ .'(/-]{1,2}[^\W\d_]+\)?){0,5},\s+(?:(?:den|am|le|el|a|em|il|on)\s+)?(?=\d)", re.IGNORECASE
)
"""How a letter or an ordinance is dated, in a line of its own: "Springfield, 4 May 2024"."""
_HEAD, _FOOT = 600, 200
"""Characters at the beginning and at the end of a text in which its date is looked for."""
_FIRST_LINES = 5
"""Lines, from the first on, of which one that is a date and nothing else is the date of a document."""
_LONGEST_DATE = 30
"""Characters of such a line."""


class Origin(StrEnum):
    """Where the date of a document comes from; that of a file changes whenever it is copied."""

    METADATA = "metadata"
    NAME = "name"
    TEXT = "text"
    FILE = "file"


def version_metadata(uri: str, metadata: Metadata, text: str, modified: float | None) -> dict[str, Scalar]:
    """What a document says of its version, in its metadata, in the name of its file, or in its first or last lines.

    What it does not say its names may: a folder that is named for a year, or, as a file may be too, for what holds no more.
    Those of a site do not: its archive holds all that is not of today. `modified` is when its file was last written, in seconds
    since 1970; it is the date of a document that has no other.
    """
    in_metadata, in_text = stated(metadata), dict(_in_text(text))
    path = PurePosixPath(uri.partition("#")[0])
    folders = [] if is_address(uri) else path.parent.parts
    said = {**({} if is_address(uri) else _in_names(path.stem, folders)), **in_text, **in_metadata}
    dated = (
        (Origin.METADATA, in_metadata.get("updated")),
        (Origin.NAME, date_in_name(path.stem)),
        (Origin.TEXT, in_text.get("updated")),
        (Origin.NAME, next(filter(None, map(date_in_name, reversed(folders))), None)),
        (Origin.FILE, None if modified is None else datetime.fromtimestamp(modified, UTC).date().isoformat()),
    )
    origin, written = next(((origin, written) for origin, written in dated if written), (None, ""))
    return said if origin is None else {**said, "updated": written or "", "updated_from": origin.value}


def _in_names(stem: str, folders: Sequence[str]) -> dict[str, Scalar]:
    """What the names of a document's file and folders say of its version."""
    if _NAMED_OUT.fullmatch(_WORDS_JOINED.sub(" ", stem)):
        return {"status": "archived"}
    names = (_SIGNS.sub(" ", _ORDERING.sub("", name.casefold().strip("_ "), count=1)).strip() for name in folders)
    return {"status": "archived"} if not _SET_ASIDE.isdisjoint(names) else {}


def stated(metadata: Mapping[str, object]) -> dict[str, Scalar]:
    """What metadata say of the version of their document, under our keys; values that are no dates are left out."""
    values = {_SIGNS.sub("", str(key)).lower(): value for key, value in metadata.items()}
    found: dict[str, Scalar] = {}
    if _ALL_KEYS.isdisjoint(values):  # as of most of the thousands of rows that a table may have
        return found
    for field, keys in _KEYS.items():
        dates = (date_of_value(values[key]) for key in keys.split() if key in values)
        if written := next(filter(None, dates), None):
            found[field] = written
    if replaced_by := _first_text(values, _REPLACED_BY):
        found["replaced_by"] = replaced_by
    marks = (word for word in _OUT_OF_FORCE if values.get(word) is True)
    if status := _first_text(values, _STATUS) or next(marks, None):
        found["status"] = status
    return found


def is_out_of_force(metadata: Metadata, today: date) -> bool:
    """Whether a document was replaced, holds no more, or does not hold yet."""
    starts, ends = first_day(str(metadata.get("valid_from", ""))), last_day(str(metadata.get("valid_until", "")))
    return is_replaced(metadata) or (starts is not None and starts > today) or (ends is not None and ends < today)


def is_replaced(metadata: Metadata) -> bool:
    """Whether a document says that another took its place or that it holds no more, whatever its dates."""
    words = _SIGNS.split(str(metadata.get("status", "")).casefold())
    return bool(metadata.get("replaced_by")) or not set(_OUT_OF_FORCE).isdisjoint(words)


def _first_text(values: Mapping[str, object], keys: list[str]) -> str | None:
    texts = (value.strip() for key in keys if isinstance(value := values.get(key), str))
    return next(filter(None, texts), None)


def _in_text(text: str) -> Iterator[tuple[str, str]]:
    """What the first and the last lines of a text say of its version."""
    lines = [line.strip() for line in text[:_HEAD].splitlines()]
    first_lines = list(filter(None, lines))[:_FIRST_LINES]
    if has_year(text[:_HEAD]) or has_year(text[-_HEAD:]):
        yield from _dates_in_text(text, lines, first_lines)
    for line in first_lines:
        if match := _REPLACED_LINE.match(line):
            yield "replaced_by", match[1] or match[2]
        if match := _STATUS_LINE.match(line):
            yield "status", match[1].lower()


def _dates_in_text(text: str, lines: Sequence[str], first_lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in [*(line.strip() for line in text[-_HEAD:].splitlines()), *lines]:
        if written := _date_behind_place(line):
            yield "updated", written
    for part in (text[max(_HEAD, len(text) - _FOOT) :], text[:_HEAD]):
        for field, label in _LABELLED.items():
            dates = (date_at_start(part[match.end() :]) for match in label.finditer(part))
            if written := next(filter(None, dates), None):
                yield field, written
    for line in first_lines:
        if len(line) <= _LONGEST_DATE and (written := date_at_start(line)):
            yield "updated", written


def names_version(line: str) -> bool:
    """Whether a line names a version and nothing else; in a list of changes it is a heading: "Version 2.3"."""
    return bool(_ABOUT_VERSION.fullmatch(line))


def says_origin(line: str) -> bool:
    """Whether a line says when, in which version or by whom a text was made, and nothing else: "Last updated: 1 March 2024"."""
    labels = (label.match(line) for label in _LABELLED.values())
    is_dated = any(label is not None and is_date(line[label.end() :]) for label in labels)
    return is_dated or names_version(line) or bool(_ABOUT_PEOPLE.fullmatch(line))


def is_date(words: str) -> bool:
    """Whether words are a date and hardly more."""
    return len(words) <= _LONGEST_DATE and date_at_start(words) is not None


def _date_behind_place(line: str) -> str | None:
    """The date of a line that is a place and a date: "Springfield, 4 May 2024"."""
    place = _PLACE_AND_DATE.match(line)
    written = line[place.end() :].rstrip(". -") if place else ""
    return date_at_start(written) if len(written) <= _LONGEST_DATE and written[-1:].isdigit() else None
