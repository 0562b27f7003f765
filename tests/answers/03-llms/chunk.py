"""Answer bank of `chunk`."""

from course import llm
from course.authoring.bank import right, wrong


def refuse(size, overlap):
    if size < 1 or overlap < 0 or overlap >= size:
        raise ValueError("unusable sizes")


@right("a while loop that stops at the end of the text")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces, parts, start = llm.tokens(text), [], 0
    while start < len(pieces):
        parts.append("".join(pieces[start : start + size]))
        if start + size >= len(pieces):
            break
        start += size - overlap
    return parts


@right("token by token, with a buffer that keeps the overlap")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    parts, buffer, fresh = [], [], 0
    for piece in llm.tokens(text):
        if len(buffer) == size:
            parts.append("".join(buffer))
            buffer, fresh = buffer[size - overlap :], 0
        buffer.append(piece)
        fresh += 1
    return [*parts, "".join(buffer)] if fresh else parts


@right("places of characters from the lengths of the tokens")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    ends = [0]
    for piece in llm.tokens(text):
        ends.append(ends[-1] + len(piece))
    n = len(ends) - 1
    many = 0 if n == 0 else 1 if n <= size else 1 + -(-(n - size) // (size - overlap))
    return [text[ends[i * (size - overlap)] : ends[min(n, i * (size - overlap) + size)]] for i in range(many)]


@wrong("characters are counted for tokens")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    return [text[i : i + size] for i in range(0, len(text) - overlap, size - overlap)]


@wrong("the tail of the text is lost")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces = llm.tokens(text)
    return ["".join(pieces[i : i + size]) for i in range(0, len(pieces) - size + 1, size - overlap)]


@wrong("the last chunk lies wholly inside the one before it")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces = llm.tokens(text)
    return ["".join(pieces[i : i + size]) for i in range(0, len(pieces), size - overlap)]


@wrong("the overlap is left out")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces = llm.tokens(text)
    return ["".join(pieces[i : i + size]) for i in range(0, len(pieces), size)]


@wrong("tokens are joined by blanks")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces = llm.tokens(text)
    return [" ".join(pieces[i : i + size]) for i in range(0, max(1, len(pieces) - overlap), size - overlap)]


@wrong("the chunks are stripped")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces = llm.tokens(text)
    return ["".join(pieces[i : i + size]).strip() for i in range(0, max(1, len(pieces) - overlap), size - overlap)]


@wrong("words are counted for tokens")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces = text.split()
    return [" ".join(pieces[i : i + size]) for i in range(0, max(1, len(pieces) - overlap), size - overlap)]


@wrong("an overlap as large as the chunk: expected ValueError")
def chunk(text, size, overlap=0):
    pieces = llm.tokens(text)
    return ["".join(pieces[i : i + size]) for i in range(0, max(1, len(pieces) - overlap), max(1, size - overlap))] if pieces else []


@wrong("an empty text")
def chunk(text, size, overlap=0):
    refuse(size, overlap)
    pieces = llm.tokens(text)
    return ["".join(pieces[i : i + size]) for i in range(0, max(1, len(pieces) - overlap), size - overlap)]
