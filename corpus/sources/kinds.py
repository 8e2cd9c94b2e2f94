"""What is said of files of kinds that are not read, and what their owner can do about it."""

from pathlib import PurePath

_INSTEAD = {
    **dict.fromkeys((".xlsb", ".numbers", ".wk1", ".wk4", ".gsheet"), "save it as .xlsx"),
    **dict.fromkeys((".pages", ".wpd", ".wps", ".gdoc", ".hwp", ".fodt", ".sxw", ".abw"), "save it as .docx"),
    **dict.fromkeys((".key", ".gslides", ".fodp", ".sxi"), "save it as .pptx"),
    **dict.fromkeys((".pub", ".vsd", ".vsdx", ".xps", ".oxps", ".ps", ".eps", ".djvu", ".odg"), "save it as .pdf"),
    **dict.fromkeys((".rar", ".7z", ".zipx", ".gz", ".bz2", ".xz", ".zst"), "pack it as .zip"),
    **dict.fromkeys((".mobi", ".azw", ".azw3"), "save it as .epub"),
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"), "to read the words in it, install askdex[ocr]"
    ),
    **dict.fromkeys((".pst", ".ost"), "save its mails as .mbox"),
}
"""Another kind that the program of a file can save, or what else can be done, by the suffix."""

_OF_SYSTEM = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information"))
"""Files and folders that Windows and macOS put beside those of their users, in lower case."""
_OPEN_IN_OFFICE = "~$"
"""How the name of a file begins by which Office tells that another is open."""


def is_hidden(name: str) -> bool:
    """Whether nobody means a file or folder of this name to be read: it is hidden, or of the system's own making."""
    return name.startswith((".", _OPEN_IN_OFFICE)) or name.lower() in _OF_SYSTEM


def unread_kind(path: PurePath) -> str:
    """The reason why a file is left out whose suffix is of no format that is read."""
    suffix = path.suffix.lower()
    instead = _INSTEAD.get(suffix)
    return f"not a kind of file that Askdex reads ({suffix})" + (f": {instead}" if instead else "")
