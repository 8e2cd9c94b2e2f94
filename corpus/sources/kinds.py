"""What is said of files of kinds that are not read, and what their owner can do about it."""

from pathlib import PurePath

_INSTEAD = {
    **dict.fromkeys((".xlsb", ".numbers", ".wk1", ".wk4", ".gsheet"), "save it as .xlsx"),
    **dict.fromkeys((".pages", ".wpd", ".wps", ".gdoc", ".hwp", ".fodt", ".sxw", ".abw"), "save it as .docx"),
    **dict.fromkeys((".key", ".gslides", ".fodp", ".sxi"), "save it as .pptx"),
    **dict.fromkeys((".pub", ".vsd", ".vsdx", ".xps", ".oxps", ".ps", ".eps", ".djvu", ".odg"), "save it as .pdf"),
    **dict.fromkeys((".rar", ".7z", ".zipx", ".gz", ".bz2", ".xz", ".zst"), "pack it as .zip"),
    **dict.fromkeys((".mobi", ".azw", ".azw3"), "save it as .epub"),
    **dict.fromkeys((".mht", ".mhtml"), "save it as .html"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), "to read the words in it, install askdex[ocr]"),
    **dict.fromkeys((".pst", ".ost"), "save its mails as .mbox"),
}
"""Another kind that the program of a file can save, or what else can be done, by the suffix."""


def unread_kind(path: PurePath) -> str:
    """The reason why a file is left out whose suffix is of no format that is read."""
    suffix = path.suffix.lower()
    instead = _INSTEAD.get(suffix)
    return f"not a kind of file that Askdex reads ({suffix})" + (f": {instead}" if instead else "")
