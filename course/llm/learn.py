"""What the offline models know of support tickets: weights of words and word pairs, learnt from tickets that no notebook shows.

`python -m course.llm.learn` writes `knowledge.json` anew; a test holds the file against what it would write.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from course.datasets.tickets import LABELS, tickets
from course.llm.lexicon import features

FILE = Path(__file__).with_name("knowledge.json")
SEED, TICKETS, KEPT = 20_260_301, 6_000, 1_500


def learn() -> dict[str, list[float]]:
    """Weights by word or pair of words, one for each label in the order of LABELS, of a logistic regression on the tickets of SEED."""
    frame = tickets(TICKETS, SEED)
    counts = CountVectorizer(analyzer=features, binary=True, min_df=6)
    seen = counts.fit_transform(frame["text"])
    model = LogisticRegression(C=3.0, max_iter=2_000).fit(seen, frame["label"])
    order = [list(model.classes_).index(label) for label in LABELS]
    names = counts.get_feature_names_out()
    strength = np.abs(model.coef_).max(axis=0)
    kept = sorted(np.argsort(-strength, kind="stable")[:KEPT], key=lambda place: names[place])
    return {str(names[place]): [round(float(model.coef_[row, place]), 2) for row in order] for place in kept}


if __name__ == "__main__":
    lines = [f"{json.dumps(name)}: {json.dumps(weights)}" for name, weights in learn().items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
