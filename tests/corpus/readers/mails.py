"""Mails, made by the standard library."""

from email.message import EmailMessage

HEADER = {"From": "Ada Moss <ada@office.example>", "To": "Bob <bob@home.example>, sue@home.example", "Subject": "Lost cards"}


def mail(files: dict[str, bytes], text: str = "Call us.", html: str = "", header: dict[str, str] | None = None) -> bytes:
    """A mail with a text, in HTML too where that is given, and attached files."""
    message = EmailMessage()
    for name, value in ({**HEADER, "Date": "Fri, 01 Mar 2024 10:00:00 +0000"} if header is None else header).items():
        message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    if message.is_multipart():
        message.set_boundary("=_part")
        for part in message.walk():
            if part is not message and part.is_multipart():
                part.set_boundary("=_inner")
    return message.as_bytes()
