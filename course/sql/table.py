"""The result of a query: columns and rows, and how a notebook shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd

SHOWN = 20


@dataclass(frozen=True)
class Table:
    """Columns with their types, and rows as tuples of Python values. A notebook shows the first rows, with NULL as NULL."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.rows)

    def frame(self) -> pd.DataFrame:
        """A data frame, for plots and further work."""
        data = pd.DataFrame(self.rows, columns=list(self.columns)).infer_objects()
        decimals = [column for column, kind in zip(data, self.types, strict=True) if kind.startswith("DECIMAL")]
        return data.astype(dict.fromkeys(decimals, float))

    def __repr__(self) -> str:
        cells = [list(self.columns), *([cell(value) for value in row] for row in self.rows[:SHOWN])]
        widths = [max(len(line[place]) for line in cells) for place in range(len(self.columns))]
        lines = ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
        return "\n".join([*lines, *self._rest()])

    def _repr_html_(self) -> str:
        if self.columns == ("explain_key", "explain_value"):
            return "".join(f'<pre style="line-height:1.2">{escape(str(value))}</pre>' for _, value in self.rows)
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell(value))}</td>" for value in row) + "</tr>" for row in self.rows[:SHOWN])
        rest = "".join(f"<div>{line}</div>" for line in self._rest())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"

    def _rest(self) -> list[str]:
        return [f"{len(self):,} rows; the first {SHOWN} are shown"] if len(self) > SHOWN else ["no rows"] if not self.rows else []


def cell(value: Any) -> str:
    """A value as a table shows it: NULL for None, six significant digits, midnight and whole seconds without zeros behind."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case float() | Decimal():
            number = float(value)
            return f"{int(number)}" if abs(number) < 1e15 and number == int(number) else f"{number:.6g}"
        case datetime():
            return value.isoformat(" ", "seconds" if value.microsecond == 0 else "auto")
        case date():
            return value.isoformat()
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
