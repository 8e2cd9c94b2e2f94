"""Which files of a folder are left out by its owner: files named .askdexignore, and patterns that a run is given.

pathspec is imported where there are patterns, as it takes a tenth of a second to import.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from askdex.corpus.errors import PatternError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_IGNORE_FILE = ".askdexignore"
"""A file that says what is left out of its folder and those below it, in the syntax of .gitignore."""


@dataclass(frozen=True, slots=True)
class FolderRules:
    """What is read of folders: nothing that one of the patterns of `exclude` names, in the syntax of .gitignore.

    Links that lead out of the folders are followed only if `follows_links`.
    """

    exclude: tuple[str, ...] = ()
    follows_links: bool = False


NO_RULES = FolderRules()


@dataclass(frozen=True, slots=True)
class Excluded:
    """Tells which pages of a site are left out, by the paths of their addresses."""

    spec: "GitIgnoreSpec | None"

    @classmethod
    def by(cls, patterns: Sequence[str]) -> "Excluded":
        """Those that one of the patterns names, in the syntax of .gitignore. Raises PatternError."""
        return cls(_spec(patterns, "--exclude") if patterns else None)

    def leaves_out(self, path: str) -> bool:
        """Whether a page is left out whose address has this path."""
        return self.spec is not None and self.spec.match_file(path.removeprefix("/"))


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The patterns that count for what is in a folder."""

    folder: Path
    spec: "GitIgnoreSpec"


class Ignored:
    """Tells which files and folders are left out, once the folders around them were entered."""

    def __init__(self, base: Path, exclude: Sequence[str]) -> None:
        """`exclude` are patterns for the folder `base`. Raises PatternError."""
        self._excluded = [_Patterns(base, _spec(exclude, "--exclude"))] if exclude else []
        self._of_folders: dict[Path, _Patterns] = {}

    def enter(self, folder: Path) -> None:
        """Take note of what a folder says to leave out. Raises PatternError, OSError."""
        file = folder / _IGNORE_FILE
        if file.is_file():
            lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
            self._of_folders[folder] = _Patterns(folder, _spec(lines, str(file)))

    def leaves_out(self, path: Path, *, is_folder: bool) -> bool:
        """Whether a file or folder is left out; of the patterns that name it, the last one of the nearest folder decides."""
        nearest_first = (self._of_folders[folder] for folder in path.parents if folder in self._of_folders)
        for patterns in (*self._excluded, *nearest_first):
            if path.is_relative_to(patterns.folder):
                is_ignored = _is_ignored(patterns.spec, path.relative_to(patterns.folder).as_posix(), is_folder=is_folder)
                if is_ignored is not None:
                    return is_ignored
        return False


def _is_ignored(spec: "GitIgnoreSpec", name: str, *, is_folder: bool) -> bool | None:
    """Whether patterns leave out a file or folder of this name; None where none of them names it."""
    if not is_folder:
        return spec.check_file(name).include
    # For the library a folder is ignored where most of what is in it is. For git the last pattern decides that names it.
    deciding = (pattern.include for pattern in reversed(spec.patterns) if pattern.match_file(f"{name}/") is not None)
    return next(deciding, None)


def _spec(lines: Iterable[str], origin: str) -> "GitIgnoreSpec":
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    try:
        return GitIgnoreSpec.from_lines(lines)
    except GitIgnorePatternError as error:
        raise PatternError(f"{origin} has a pattern that is none ({error}): write it as for .gitignore.") from error
