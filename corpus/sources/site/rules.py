"""What may be fetched of a site, and how much of it."""

from collections.abc import Callable
from dataclasses import dataclass

CrawlProgress = Callable[[int, int], None]
"""Called with the number of addresses that were looked at, and that of those that wait."""

_MB = 2**20


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What is fetched of a site: from its host and `also_hosts`, but nothing that `exclude` names as .gitignore does.

    At most `most_pages` addresses are asked for, `depth` links away from the first, and `most_bytes` are taken, `largest_page`
    of a page. `delay_s` is the least pause between two requests. `allows_private` lets hosts be in the own network. A server
    may be silent for `silence_s` and take `longest_s` for an answer; where it fails it is asked again after `again_s`.
    """

    also_hosts: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    most_pages: int = 5_000
    depth: int = 20
    largest_page: int = 32 * _MB
    most_bytes: int = 1_024 * _MB
    delay_s: float = 0.5
    allows_private: bool = False
    silence_s: float = 20.0
    longest_s: float = 120.0
    again_s: float = 1.0


DEFAULT_RULES = SiteRules()
