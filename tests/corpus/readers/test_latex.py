import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.latex import read_latex
from tests.corpus.readers.outline import outline, outside_blocks

_PAGE = r"""
\documentclass{article}
\newcommand{\office}{card \emph{office}}
\def\price{5~yuan\xspace}
\title{Lost \textbf{cards}}
\author{Ada Lovelace\thanks{At the office}}
\date{March 1, 2024}
\begin{document}
\maketitle
\begin{abstract}What to do.\end{abstract}
\section{What does it cost?}\label{costs}
Call the \office{} at once. % a comment
It costs \price or 50\% more, na\"ive ``quoted'' -- see \href{https://a.example/x\_y}{the form}.\footnote{Only \textit{once}.}

Second paragraph~\cite{x} with $x_1 + \alpha$.
\subsection*{Lists}
\begin{enumerate}
\item Report it
  \begin{itemize} \item by phone \item by mail \end{itemize}
\item Wait
\end{enumerate}
\begin{description}\item[Card] A thing. \item[Pin] Digits.\end{description}
\begin{table}[h]\centering
\begin{tabular}{l|r}\toprule
Card & Price \\ \midrule
first & 0 \\
\multicolumn{2}{c}{both \& all} \\ \bottomrule
\end{tabular}
\caption{Fees of \textbf{cards}}
\end{table}
\begin{lstlisting}[language=Python]
print("50% $x")
\end{lstlisting}
Use \verb|card_new --x| and \unknown[x]{shown words}.
\begin{tikzpicture}\draw (0,0) node {hidden};\end{tikzpicture}
\end{document}
after
"""


def _outline(source: str) -> list[str]:
    return outline(read_latex(source))


def test_headings_paragraphs_lists_tables_formulas_and_programs() -> None:
    builder = read_latex(_PAGE)
    assert builder.title == "Lost cards"
    assert builder.metadata == {"author": "Ada Lovelace", "updated": "2024-03-01"}
    assert outline(builder) == [
        "title: Lost cards",
        "paragraph: Ada Lovelace",
        "heading 3: Abstract",
        "paragraph: What to do.",
        "heading 2: What does it cost?",
        "paragraph: Call the card office at once. It costs 5 yuan or 50% more, naïve “quoted” – see the form.[1]",
        "paragraph: Second paragraph with x_1 + α.",
        "heading 3: Lists",
        "item: 1. Report it",
        "item 1: by phone",
        "item 1: by mail",
        "item: 2. Wait",
        "item: Card\nA thing.",
        "item: Pin\nDigits.",
        "row 1: Card | Price",
        "row: first | 0",
        "row: both & all",
        "paragraph: Fees of cards",
        'code: print("50% $x")',
        "paragraph: Use card_new --x and shown words.",
        "item: [1] Only once.",
    ]
    assert [(builder.text[link.start : link.end], link.address) for link in builder.links] == [
        ("the form", "https://a.example/x_y")
    ]
    assert not outside_blocks(builder).strip()


def test_a_chapter_without_a_head_is_read_too() -> None:
    assert _outline("\\chapter{Cards}\nOne.\n\\section{Fees}\nNone.\n") == [
        "heading 2: Cards",
        "paragraph: One.",
        "heading 3: Fees",
        "paragraph: None.",
    ]


def test_slides_have_their_titles() -> None:
    source = "\\begin{frame}{Lost cards}Call us.\\end{frame}\\begin{frame}\\frametitle{Fees}None.\\end{frame}"
    assert _outline(source) == ["heading 4: Lost cards", "paragraph: Call us.", "heading 4: Fees", "paragraph: None."]


@pytest.mark.parametrize(
    "source", ["{" * 5_000, "\\begin{a}" * 3_000, "\\footnote{" * 2_000, "\\item[" * 2_000, "\\begin{verbatim}" * 20_000]
)
def test_what_is_nested_too_deeply_is_refused(source: str) -> None:
    with pytest.raises(UnreadableError, match="nested too deeply"):
        read_latex(source)


@pytest.mark.parametrize(
    "source",
    [
        "\\begin{tabular}{l}" + "&" * 20_000,
        r"\def\a{\a}\a",
        "\\def\\a{x}"
        + "".join(f"\\def\\{b}{{\\{a}\\{a}\\{a}\\{a}}}" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + "\\i",
        "\\cmidrule(" * 5_000,
        "$" * 5_001,
    ],
    ids=["cells", "endless", "growing", "rules", "formulas"],
)
def test_a_hostile_text_is_read_in_time(source: str) -> None:
    assert len(read_latex(source).text) <= 10 * len(source)


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    assert read_latex(r"10\textsuperscript{3} cards, 1\textsuperscript{st}, H\textsubscript{2}O").text == "10³ cards, 1st, H₂O"
