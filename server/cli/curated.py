"""What does nothing of what editors say, in a line each for a terminal."""

from pathlib import Path

import click

from askdex.indexer.evaluation.curated import CurationFault, IdleBet, idle
from askdex.indexer.ingest.update import EncoderLoader
from askdex.server.cli.terminal import printable


def print_idle(folder: Path, load_encoder: EncoderLoader) -> None:
    """Print which best bets point nowhere or are needless, and of which synonyms no document has any."""
    found = idle(folder, load_encoder)
    for each in found.bets:
        click.echo(printable(_line(each)), err=True)
    for group in found.synonyms:
        click.echo(printable(f"Synonyms: no document has any of {', '.join(group)}."), err=True)


def _line(idle_bet: IdleBet) -> str:
    bet = idle_bet.bet
    why = {
        CurationFault.NO_DOCUMENT: f"there is no document {bet.document}",
        CurationFault.NO_WORDS: f'no passage of {bet.document} has the words "{bet.words}"',
        CurationFault.NEEDLESS: f"needless, {bet.document} answers without it",
    }
    return f'Best bet "{bet.questions[0]}": {why[idle_bet.fault]}.'
