"""What the columns of a table or the keys of an object hold, by their names and by what stands in them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from askdex.corpus.text.questions import ends_as_question

_LEAST_QUESTIONS = 0.6
"""The share of a column's cells that end with a question mark, from which it holds questions whatever its name."""
_SEPARATORS = re.compile(r"[\W_]+")


def _ranks(names: str) -> dict[str, int]:
    """Names by their rank: the first of those that a table has decides."""
    return {name.strip(): rank for rank, name in enumerate(names.replace("\n", " ").split(","))}


_QUESTIONS = _ranks(
    """question, questions, q, faq, frage, fragen, pregunta, preguntas, domanda, domande, pergunta, perguntas, vraag, vragen,
    fråga, frågor, spørgsmål, spørsmål, kysymys, pytanie, pytania, otázka, otázky, kérdés, kérdések, întrebare, întrebări,
    pitanje, pitanja, вопрос, вопросы, питання, въпрос, ερώτηση, ερωτήσεις, soru, sorular, سؤال, السؤال, שאלה, प्रश्न, คำถาม,
    câu hỏi, pertanyaan, 问题, 問題, 问, 問, 提问, 質問, 질문, query, prompt, instruction, user, human"""
)
_ANSWERS = _ranks(
    """answer, answers, a, antwort, antworten, respuesta, respuestas, réponse, réponses, reponse, reponses, risposta, risposte,
    resposta, respostas, antwoord, antwoorden, svar, vastaus, odpowiedź, odpowiedzi, odpověď, odpovědi, odpoveď, válasz,
    válaszok, răspuns, răspunsuri, odgovor, odgovori, ответ, ответы, відповідь, отговор, απάντηση, απαντήσεις, cevap,
    cevaplar, yanıt, yanıtlar, جواب, الجواب, إجابة, الإجابة, תשובה, उत्तर, คำตอบ, câu trả lời, trả lời, jawaban, 答案, 答, 回答,
    解答, 回复, 回覆, 답변, 답, accepted answer, acceptedanswer, response, reply, completion, output, assistant, solution,
    resolution, lösung"""
)
_TITLES = _ranks(
    """title, titel, titre, título, titulo, titolo, tytuł, název, názov, cím, заголовок, название, назва, заглавие, τίτλος,
    başlık, عنوان, العنوان, כותרת, 标题, 標題, 题目, タイトル, 件名, 제목, tiêu đề, judul, heading, headline, subject, betreff,
    überschrift, sujet, objet, asunto, assunto, oggetto, onderwerp, rubrik, тема, 主题, topic, thema, summary"""
)
_TEXTS = _ranks(
    """text, body, content, contents, page content, article, texte, texto, testo, tekst, текст, κείμενο, metin, نص, 文本, 正文,
    本文, 본문, inhalt, contenu, contenido, conteúdo, contenuto, inhoud, innehåll, treść, obsah, tartalom, содержание, içerik,
    المحتوى, 内容, 內容, 내용, nội dung, cuerpo, corpo, description, beschreibung, descripción, descripcion, descrição,
    descrizione, beschrijving, beskrivning, opis, popis, leírás, описание, опис, açıklama, الوصف, 描述, 说明, 説明, 설명,
    details, html, passage, document"""
)
_NAMES = _ranks("name")
"""What schema.org calls a question; other records that have a name are things, not texts."""
_QUALIFIERS = frozenset(
    "text html body content markdown md plain full long faq customer the en de fr es it pt nl pl zh ja ko ru".split()
)
"""Words beside the one that says what a column holds: "Question text", "Body (HTML)", "answer_en"."""
_SORTING_WORDS = frozenset(
    """id ids no number key uuid guid slug url urls uri link links href permalink tag tags label labels category categories
    section folder group product keyword keywords language lang locale translation author authors owner user creator editor
    created updated modified published date time timestamp version status state type kind source priority position order rank
    sort weight votes views helpful draft archived outdated visibility audience permission brand metadata meta score split
    schlagworte schlagwort kategorie autor stand datum sprache estado fecha categoría etiquetas autora idioma auteur catégorie
    langue mots 标签 分类 类别 作者 日期 更新 状态""".split()
)
"""Words in the names of columns that sort records and are no text."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The places of the columns of a record's title or question and of its text or answer."""

    title: int
    text: int
    is_question: bool


def normalised(name: str) -> str:
    """A column's name in lower case, its words parted by single blanks: "Body (HTML)" is "body html"."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFC", name).casefold()).strip()


def roles_by_name(names: Sequence[str]) -> Roles | None:
    """The columns of question and answer, or of title and text, by their names; None where they have other names."""
    plain = [normalised(name) for name in names]
    pairs = [
        *product([(_QUESTIONS, True)], (_ANSWERS, _TEXTS)),
        *product([(_TITLES, False), (_NAMES, True)], [_ANSWERS]),
        ((_TITLES, False), _TEXTS),
    ]
    for (heads, is_question), texts in pairs:
        title = _column(plain, heads)
        text = _column(plain, texts)
        if title is not None and text is not None and title != text:
            return Roles(title, text, is_question)
    return None


def title_by_name(names: Sequence[str]) -> int | None:
    """The column of a title, by its name."""
    return _column([normalised(name) for name in names], _TITLES)


def text_by_name(names: Sequence[str]) -> int | None:
    """The column of a text, by its name."""
    return _column([normalised(name) for name in names], _TEXTS)


def roles_by_content(rows: Sequence[Sequence[str]], width: int) -> Roles | None:
    """The column most of whose cells are questions, and the one with the longest texts beside it; None where none is."""
    shares = [
        sum(len(row) > column and ends_as_question(row[column]) for row in rows) / max(1, len(rows)) for column in range(width)
    ]
    if width < 2 or max(shares) < _LEAST_QUESTIONS:
        return None
    question = shares.index(max(shares))
    lengths = [sum(len(row[column]) for row in rows if len(row) > column) for column in range(width)]
    answer = max((column for column in range(width) if column != question), key=lengths.__getitem__)
    return Roles(question, answer, is_question=True)


def answer_by_name(names: Sequence[str]) -> int | None:
    """The column of an answer, by its name."""
    return _column([normalised(name) for name in names], _ANSWERS)


def sorts_records(name: str) -> bool:
    """Whether a column holds what records are sorted by, such as a category, a date or an address."""
    words = normalised(name).split()
    return not words or not _SORTING_WORDS.isdisjoint(words) or words[-1] in ("at", "on", "by")


def _column(names: Sequence[str], ranks: dict[str, int]) -> int | None:
    """The place of the first name in the order of ranks; a name as a whole goes before one with other words beside it."""
    exact = [(ranks[name], place) for place, name in enumerate(names) if name in ranks]
    qualified = [(ranks[word], place) for place, name in enumerate(names) if (word := _main_word(name.split())) in ranks]
    return min(exact or qualified, default=(0, None))[1]


def _main_word(words: Iterable[str]) -> str:
    """The word of a name that is no qualifier; nothing where there are several."""
    main = [word for word in words if word not in _QUALIFIERS]
    return main[0] if len(main) == 1 and len(main[0]) > 1 else ""
