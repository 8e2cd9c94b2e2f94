import codecs
import random

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.text.decoding import decode

_ENGLISH = (
    "It’s the employer’s duty to report the accident within thirty days. If the employer doesn’t, the worker may apply within "
    "one year – nobody else can. The “proof of work” may be a contract, a pay slip or a colleague’s statement. The fee is €5. "
)
_GERMAN = (
    "Wer seinen Arbeitsplatz verliert, muss sich spätestens drei Tage nach Kenntnis der Kündigung persönlich melden. Für die "
    "Höhe des Arbeitslosengeldes zählt das Entgelt der letzten zwölf Monate. Größere Beträge werden überwiesen. "
)
_SPANISH = (
    "La solicitud se presenta en la oficina más próxima al domicilio. ¿Qué documentos hacen falta? El trabajador debe aportar "
    "su cédula, el contrato y la última nómina. El plazo es de treinta días hábiles a partir de la notificación. "
)
_FRENCH = (
    "Le délai est fixé à trente jours après l'événement. L'assuré doit présenter sa carte à l'accueil de l'hôpital où il a "
    "été soigné. Les frais déjà réglés sont remboursés, même si la facture est arrivée plus tôt. "
)
_ITALIAN = (
    "La domanda può essere presentata entro trenta giorni, perché il termine è breve. Chi non la presenta perde così il "
    "diritto all'indennità. Il lunedì l'ufficio è chiuso; la città paga più tardi. "
)
_PORTUGUESE = (
    "O trabalhador não paga a contribuição à segurança social; é o patrão quem a paga até ao último dia do mês. Quem já está "
    "inscrito não precisa de apresentar outra declaração. "
)
_SWEDISH = (
    "Ansökan ska lämnas in inom trettio dagar från händelsen på närmaste kontor. Den som är sjuk får ersättning från första "
    "dagen, även på söndagar. "
)
_POLISH = (
    "Wniosek należy złożyć w ciągu trzydziestu dni. Wysokość świadczenia zależy od zarobków. Środki są wypłacane co miesiąc. "
)
_CZECH = (
    "Žádost je třeba podat do třiceti dnů. Zaměstnanec může žádat i sám, pokud to zaměstnavatel neudělá. Výše dávky závisí na "
    "výdělku. "
)
_HUNGARIAN = "A kérelmet harminc napon belül kell benyújtani, különben a jogosultság megszűnik a főnök döntése után. "
_RUSSIAN = "Заявление подаётся в течение тридцати дней со дня получения решения. Размер пособия зависит от заработка. "
_CHINESE = "工伤认定申请应当在事故发生之日起三十日内提出。用人单位未提出的，职工个人可以在一年内提出申请。"
_TRADITIONAL = "工傷認定申請應當在事故發生之日起三十日內提出。用人單位未提出的，職工個人可以在一年內提出申請。"
_JAPANESE = "失業保険の申請は、離職の日から三十日以内に行ってください。カードをなくしたときは、すぐに届け出てください。"
_KOREAN = "신청은 사고가 발생한 날부터 삼십 일 이내에 해야 합니다. 카드를 잃어버렸을 때는 바로 신고해 주십시오. "


@pytest.mark.parametrize("text", ["", "Lost card", "Café – 5 €", "丢了社会保障卡怎么办？", "🪪 and\r\n\ttabs\f"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_in_unicode_is_read_whatever_its_length(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be")],
)
def test_a_byte_order_mark_is_believed_and_no_part_of_the_text(mark: bytes, encoding: str) -> None:
    assert decode(mark + "丢了卡".encode(encoding)) == "丢了卡"


def test_bytes_that_break_what_the_mark_promised_are_replaced() -> None:
    assert decode(codecs.BOM_UTF8 + b"Lost \xff card") == "Lost \ufffd card"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["The pass is lost.", _RUSSIAN, _GERMAN])
def test_unicode_is_known_without_a_mark(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Größere Beträge werden überwiesen."),
        ("mac_roman", "Größere Beträge werden „früh“ überwiesen."),
        ("cp850", "Größere Beträge werden überwiesen."),
        ("mac_roman", "L'assuré présente sa carte à l'hôpital."),
        ("cp1250", "Klíče půjčí vrátný."),
        ("iso8859_2", "Żądanie trzeba złożyć w ciągu tygodnia."),
        ("cp852", "Žádost je třeba podat do třiceti dnů; výše dávky závisí na výdělku."),
        ("cp1254", "Başvuru salı günü öğleden sonra yapılır."),
        ("koi8_r", "Заявление подаётся в течение месяца."),
        ("cp866", "Заявление подаётся в течение месяца."),
        ("cp1253", "Το γραφείο είναι ανοιχτό κάθε Τρίτη."),
        ("gbk", "申请应当在三十日内提出。"),
        ("big5", "申請應當在三十日內提出。"),
        ("shift_jis", "申請は三十日以内に行ってください。"),
        ("euc_jp", "申請は三十日以内に行ってください。"),
        ("iso2022_jp", "申請は三十日以内に行ってください。"),
        ("euc_kr", "신청은 삼십 일 이내에 해야 합니다."),
        ("cp1252", "It’s the employer’s duty."),
        ("mac_roman", "It’s the employer’s duty – “always”."),
    ],
)
def test_a_single_sentence_is_enough(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_a_line_in_an_older_encoding_does_not_spoil_the_others() -> None:
    lines = ["Le délai est fixé.", "No accents here.", "L'assuré paie 3 €.", "À l'hôpital."]
    assert decode(b"\n".join(line.encode("cp1252" if n == 2 else "utf-8") for n, line in enumerate(lines))) == "\n".join(lines)


def test_a_line_in_unicode_does_not_spoil_older_ones() -> None:
    lines = ["Le délai est fixé à trente jours.", "L'assuré paie 3 € par mois.", "Il les paie à l'hôpital."]
    assert decode(b"\n".join(line.encode("utf-8" if n == 0 else "cp1252") for n, line in enumerate(lines))) == "\n".join(lines)


@pytest.mark.parametrize(
    ("declared", "text"),
    [("iso-8859-1", "fee – 5 €"), ("gb2312", "镕基"), ("x-sjis", "①高﨑"), ("ISO-8859-9", "“şey”")],
)
def test_a_declared_encoding_is_read_as_browsers_read_it(declared: str, text: str) -> None:
    encoding = {"iso-8859-1": "cp1252", "gb2312": "gbk", "x-sjis": "cp932", "ISO-8859-9": "cp1254"}[declared]
    page = f"<meta charset={declared}><p>{text}</p>"
    assert decode(page.encode(encoding)) == page


def test_an_encoding_may_be_declared_behind_letters_that_need_it() -> None:
    page = "<meta name='author' content='Jörg Müller' charset='iso-8859-1'><p>Für alle</p>"
    assert decode(page.encode("latin-1")) == page


def test_xml_declares_an_encoding_in_its_first_line() -> None:
    page = '<?xml version="1.0" encoding="iso-8859-2"?><p>środki</p>'
    assert decode(page.encode("iso-8859-2")) == page


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", _ENGLISH),
        ("cp1252", _FRENCH),
        ("cp1252", _GERMAN),
        ("latin-1", _SPANISH),
        ("cp1252", _ITALIAN),
        ("cp1252", _PORTUGUESE),
        ("cp1252", _SWEDISH),
        ("cp1250", _POLISH),
        ("cp1250", _CZECH),
        ("cp1250", _HUNGARIAN),
        ("cp1251", _RUSSIAN),
        ("gb18030", _CHINESE),
        ("gbk", _CHINESE),
        ("big5", _TRADITIONAL),
        ("shift_jis", _JAPANESE),
        ("euc-jp", _JAPANESE),
        ("euc-kr", _KOREAN),
    ],
)
@pytest.mark.parametrize("times", [2, 20])
def test_text_in_an_older_encoding_is_read(encoding: str, text: str, times: int) -> None:
    assert decode((text * times).encode(encoding)) == text * times


@pytest.mark.parametrize(
    "tag",
    ['<meta charset="{}">', "<META CHARSET={}>", '<meta http-equiv="Content-Type" content="text/html; charset={}">'],
)
@pytest.mark.parametrize(("encoding", "word"), [("windows-1252", "à côté"), ("iso-8859-2", "środki"), ("gb2312", "挂失")])
def test_a_page_is_read_as_it_declares(encoding: str, word: str, tag: str) -> None:
    page = f"<html><head>{tag.format(encoding)}</head><p>{word}</p>"
    assert decode(page.encode(encoding)) == page


@pytest.mark.parametrize("declared", ["utf-8", "no-such-encoding", "base64", "hex", "undefined", "idna", "utf-16", "utf-32"])
def test_a_wrong_declaration_is_not_believed(declared: str) -> None:
    page = f"<meta charset={declared}>{_GERMAN}"
    assert decode(page.encode("cp1252")) == page


def test_utf_8_goes_before_another_declaration() -> None:
    page = "<meta charset=iso-8859-1><p>à côté</p>"
    assert decode(page.encode()) == page


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00",
        b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
        b"\x7fELF\x02\x01\x01" + bytes(100),
        bytes(1_000),
        random.Random(1).randbytes(10_000),
    ],
    ids=["png", "zip", "elf", "zeros", "noise"],
)
def test_binary_data_are_no_text(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="binary"):
        decode(data)


@pytest.mark.parametrize(
    "text", ["\x1b[1mLost card\x1b[0m", "Lost card\x1a", "one\x0cpage\x0cand another", f"Lost\x00card {'word ' * 40}"]
)
def test_a_few_control_characters_do_not_make_a_text_binary(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize("text", [_CHINESE, _ENGLISH])
def test_one_stray_byte_does_not_make_a_text_binary(text: str) -> None:
    whole = text * 50
    assert decode(whole.encode() + b"\xff" + whole.encode()) == f"{whole}\ufffd{whole}"


@pytest.mark.parametrize("end", ["It costs £5.", "The fee is paid at the café.", "The café’s fee is £5."])
def test_a_lone_letter_of_an_older_encoding_is_not_lost(end: str) -> None:
    text = "The employer reports the accident within thirty days. " * 40 + end
    assert decode(text.encode("cp1252")) == text
