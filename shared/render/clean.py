"""Clean text: no character of a log, of a page or of a problem acts on who reads it."""


def clean(text: str) -> str:
    """The text on one line, each character that cannot be printed as its escape sequence.

    What Azure says may hold anything: line ends forge lines of a log, escape sequences do as they
    like with a terminal, and some characters turn the direction of text (quiet).
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
