"""Answer bank of `headline`."""

from course.authoring.bank import right, wrong


def _text(facts, opening=None, errors=None, rest=""):
    up = facts["share_wrong_automated"] > facts["share_wrong_today"]
    new, old = f"{100 * facts['share_wrong_automated']:.1f} %", f"{100 * facts['share_wrong_today']:.1f} %"
    opening = opening or f"We save {facts['hours_saved']} hours of work per {facts['period']}."
    errors = errors or f"Errors {'rise' if up else 'fall'} from {old} to {new}."
    return f"{opening} {errors} {rest}"


@right("money first, percent written out, a second paragraph with an explained metric")
def headline(facts):
    new, old = facts["share_wrong_automated"], facts["share_wrong_today"]
    way = "fewer" if new < old else "more"
    first = f"Every {facts['period']} the desk wins back €{facts['euros_saved']:,} in working time."
    second = f"It makes {way} mistakes than people do: {new * 100:.1f} per cent against {old * 100:.1f} per cent."
    third = f"Of {facts['count_items']} cases, {facts['share_automated'] * 100:.0f} percent are decided without review."
    return first + "\n" + second + " " + third + f"\n\nFor the specialists: AUC {facts['metric_auc']:.2f}."


@right("pieces joined, the direction in the sentence after")
def headline(facts):
    adverb = {"day": "daily", "week": "weekly", "month": "monthly"}[facts["period"]]
    share = facts["share_automated"]
    worse = facts["share_wrong_automated"] > facts["share_wrong_today"]
    parts = [
        f"The {adverb} review of {facts['hours_today']} hours shrinks by {facts['hours_saved']} hours.",
        f"Wrong decisions: {facts['share_wrong_automated']:.1%} by the model, {facts['share_wrong_today']:.1%} by people.",
        "That is worse than today, and we should talk about it." if worse else "That is better than today.",
        f"People keep {1 - share:.0%} of the cases.",
    ]
    return " ".join(parts)


@right("one long sentence")
def headline(facts):
    way = "below" if facts["share_wrong_automated"] < facts["share_wrong_today"] else "above"
    return (
        f"The desk gets {facts['hours_saved']:,} of its {facts['hours_today']:,} hours back each {facts['period']}, with an error rate of "
        f"{facts['share_wrong_automated']:.1%}, {way} the {facts['share_wrong_today']:.1%} that people reach on the same cases."
    )


@wrong("'AUC' means nothing to this reader")
def headline(facts):
    return f"The model has an AUC of {facts['metric_auc']}. " + _text(facts)


@wrong("the first sentence must hold the hours or the euros saved")
def headline(facts):
    return _text(
        facts, opening=f"The model decides {facts['share_automated']:.0%} of the cases.", rest=f"It saves {facts['hours_saved']} hours a {facts['period']}."
    )


@wrong("the first sentence must hold the hours or the euros saved")
def headline(facts):
    return _text(facts, opening=f"We save {facts['share_automated'] * 100:.0f} hours a {facts['period']}.")


@wrong("a saving needs its period")
def headline(facts):
    return _text(facts, opening=f"We save {facts['hours_saved']} hours.")


@wrong("a saving needs its period: say that it is per month")
def headline(facts):
    return _text(facts, opening=f"We save {facts['hours_saved']} hours a week.")


@wrong("one sentence must hold both")
def headline(facts):
    return _text(facts, errors=f"Only {facts['share_wrong_automated']:.1%} of its decisions are wrong.")


@wrong("the sentence says that it falls")
def headline(facts):
    return _text(facts, errors=f"Quality improves, too: {facts['share_wrong_automated']:.1%} wrong, against {facts['share_wrong_today']:.1%}.")


@wrong("say which way the error rate goes")
def headline(facts):
    return _text(facts, errors=f"Wrong decisions: {facts['share_wrong_automated']:.1%}, and {facts['share_wrong_today']:.1%} today.")


@wrong("is in none of the facts")
def headline(facts):
    return _text(facts, rest=f"That makes {52 * facts['hours_saved']:,} hours in a year.")


@wrong("round to at most 5 % off")
def headline(facts):
    new, old = facts["share_wrong_automated"], facts["share_wrong_today"]
    return _text(
        facts,
        errors=f"Errors go {'up' if new > old else 'down'} from {old:.0%} to {new:.0%}.",
        rest=f"Before: {old:.1%} and {new:.1%}, {'higher' if new > old else 'lower'}.",
    )


@wrong("at most 60 get read")
def headline(facts):
    return _text(facts, rest="Let me explain how we came to this result, because it took us a while and many people helped. " * 3)


@wrong("is in none of the facts")
def headline(facts):
    return "Reviewers get about 350 hours a week back. Errors fall: 8.6 % of the automatic decisions are wrong, against 10.7 % today."


@wrong("'0.8 %' is in none of the facts")
def headline(facts):
    return _text(facts, rest=f"The model decides {facts['share_automated']} % of the cases.")


@wrong("a text was expected")
def headline(facts):
    print(_text(facts))
