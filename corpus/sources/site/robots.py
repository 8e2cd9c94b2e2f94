"""What robots.txt of a host allows, and how long to wait between two requests."""

from dataclasses import dataclass

from protego import Protego

from askdex.corpus.sources.site.hints import ROBOT

LARGEST = 512 * 2**10
"""Bytes that are read of robots.txt, about as many as search engines read (RFC 9309)."""
_LONGEST_DELAY_S = 300.0
"""The longest pause that a host gets between two requests, whatever it asks for."""


@dataclass(frozen=True, slots=True)
class RobotRules:
    """The rules of a host; `delay` is in seconds."""

    parsed: Protego
    delay: float
    sitemaps: tuple[str, ...] = ()

    def allows(self, address: str) -> bool:
        """Whether an address may be asked for."""
        return self.parsed.can_fetch(address, ROBOT)


def robot_rules(text: str) -> RobotRules:
    """The rules in the text of robots.txt."""
    parsed = Protego.parse(text)
    rate = parsed.request_rate(ROBOT)
    delays = [parsed.crawl_delay(ROBOT) or 0.0, rate.seconds / rate.requests if rate and rate.requests else 0.0]
    return RobotRules(parsed, min(_LONGEST_DELAY_S, max(delays)), tuple(parsed.sitemaps))
