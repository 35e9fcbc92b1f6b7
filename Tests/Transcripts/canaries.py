"""Finds secrets in text that should hold none.

Everything that a program of this suite writes passes through :func:`leaks`. What was asked for (a token by ``issue``, a
secret by ``show --reveal``, a recovery code by ``init``) is named by the test that asked.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import contoso

PASSPHRASE = "correct horse battery staple"
NEW_PASSPHRASE = "seventeen purple lanterns argue"

#: What is looked for: kind → text. A test adds what it makes up itself.
SECRETS: dict[str, set[str]] = {
    "secret": set(contoso.SECRETS.values()),
    "passphrase": {PASSPHRASE, NEW_PASSPHRASE},
}

#: Where a part of a JWT may begin: `eyJ` is `{"` in base64.
_TOKEN = re.compile(r"(?=(eyJ[\w-]{21}))", re.ASCII)
#: What the emulator makes, as Microsoft Graph and Databricks do (Sources/EntraEmulator: `ClientSecret.randomValue` and
#: `addSecret`).
_MADE = re.compile(r"(?<![\w.~-])[\w.-]{5}~[\w.-]{34}(?![\w.~-])|\bdose[0-9a-f]{32}\b")
_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){8}\b")


def leaks(text: str) -> Iterator[str]:
    """The kinds of secret in ``text``: ``token``, ``code``, ``secret``, ``passphrase``, ``key``."""
    if any(map(_begins_an_object, _TOKEN.findall(text))):
        yield "token"
    if _CODE.search(text):
        yield "code"
    for kind, values in SECRETS.items():
        if any(value in text for value in values) or (kind == "secret" and _MADE.search(text)):
            yield kind


def _begins_an_object(encoded: str) -> bool:
    """Whether this may be the beginning of a JWT's header or claims: a hash or a proof in base64 has an `eyJ` in it, too,
    now and then, but no name after it.
    """
    return re.match(rb'\{"[ -~]+?("|$)', base64.urlsafe_b64decode(encoded)) is not None


def encodings(text: str) -> Iterator[bytes]:
    """``text`` as it may stand in a file: UTF-8, UTF-16, hexadecimal, and base64 at each of its three alignments."""
    raw = text.encode()
    yield raw
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        # Characters that also encode a neighbour's bits are left out at both ends.
        encoded = base64.b64encode(b"\0" * shift + raw)[(shift * 8 + 5) // 6 : -4]
        if len(encoded) >= 6:
            yield encoded
            yield encoded.replace(b"+", b"-").replace(b"/", b"_")
