"""Answer bank of `four_parts`."""

from course.authoring.bank import right, wrong


def _parts(facts, check=True, **changed):
    if check and facts["count_items"] * facts["minutes_each"] < 60 * facts["hours_saved"]:
        raise ValueError("impossible")
    f = facts
    up = f["share_wrong_automated"] > f["share_wrong_today"]
    return {
        "problem": f"The {f['team']} checks {f['count_items']} {f['work']} per {f['period']}, which takes {f['minutes_each']} minutes for each.",
        "model": f"{f['share_automated']:.0%} are decided automatically, and the {f['team']} looks at the remaining {1 - f['share_automated']:.0%}.",
        "outcome": f"{f['hours_saved']} hours per {f['period']} become free. Errors go {'up' if up else 'down'} from {f['share_wrong_today']:.1%} to {f['share_wrong_automated']:.1%}.",
        "risk": f"If there are {f['risk']}, it errs. We look at {f['watch']}, and {f['owner']} decides.",
    } | changed


@right("templates with format")
def four_parts(facts):
    if facts["hours_saved"] > facts["count_items"] * facts["minutes_each"] / 60:
        raise ValueError("more saved than spent")
    values = dict(facts, rest=1 - facts["share_automated"], way="less often" if facts["share_wrong_automated"] < facts["share_wrong_today"] else "more often")
    return {
        "problem": "Each {period} {count_items:,} {work} reach the {team}. Reading one takes {minutes_each} minutes.".format(**values),
        "model": "It settles {share_automated:.0%} by itself; {rest:.0%} go to the {team}, as before.".format(**values),
        "outcome": "We win {hours_saved} hours every {period}, about {euros_saved} euros. It errs {way} than people: {share_wrong_automated:.1%} against {share_wrong_today:.1%}.".format(
            **values
        ),
        "risk": "Should we get {risk}, its decisions mean little. {watch} would show it. Then {owner} stops it.".format(**values),
    }


@right("sentences joined, capitals at the start")
def four_parts(facts):
    total = facts["count_items"] * facts["minutes_each"] / 60
    if total < facts["hours_saved"]:
        raise ValueError(total)
    a, b = (f"{facts[key] * 100:.1f} %" for key in ("share_wrong_automated", "share_wrong_today"))
    better = facts["share_wrong_automated"] < facts["share_wrong_today"]
    unit = "/" + facts["period"]
    return {
        "risk": facts["watch"].capitalize() + " tells us when it fails, for example on " + facts["risk"] + ". " + facts["owner"] + " is responsible.",
        "outcome": f"- {facts['hours_saved']} hours{unit} saved\n- errors {'lower' if better else 'higher'} than before: {a} (today {b})",
        "model": f"Automatic: {facts['share_automated'] * 100:.0f} %. For the {facts['team']}: {100 - facts['share_automated'] * 100:.0f} %.",
        "problem": f"{facts['count_items']} {facts['work']}{unit}, {facts['minutes_each']} minutes each, all by the {facts['team']}.",
    }


@right("a helper with if")
def four_parts(facts):
    return _parts(facts)


@wrong("belongs in the next part")
def four_parts(facts):
    return _parts(facts, problem="Our model helps. " + _parts(facts)["problem"])


@wrong("say what share stays with people")
def four_parts(facts):
    return _parts(facts, model=f"{facts['share_automated']:.0%} are decided automatically. The {facts['team']} gets the rest.")


@wrong("say who decides the rest")
def four_parts(facts):
    return _parts(facts, model=f"{facts['share_automated']:.0%} are decided automatically, {1 - facts['share_automated']:.0%} are not.")


@wrong("the sentence says that it falls")
def four_parts(facts):
    f = facts
    return _parts(
        f, outcome=f"{f['hours_saved']} hours a {f['period']} are saved. Errors drop: {f['share_wrong_automated']:.1%} instead of {f['share_wrong_today']:.1%}."
    )


@wrong("how you would notice")
def four_parts(facts):
    return _parts(facts, risk=f"If there are {facts['risk']}, it errs, and {facts['owner']} decides.")


@wrong("who acts then")
def four_parts(facts):
    return _parts(facts, risk=f"If there are {facts['risk']}, it errs. We look at {facts['watch']}.")


@wrong("a sentence with if or when")
def four_parts(facts):
    return _parts(facts, risk=f"Risks: {facts['risk']}. Signal: {facts['watch']}. Person: {facts['owner']}.")


@wrong("520 hours saved of 500: expected ValueError")
def four_parts(facts):
    return _parts(facts, check=False)


@wrong("50.06 hours saved of 50.05")
def four_parts(facts):
    if facts["hours_saved"] > facts["hours_today"]:
        raise ValueError
    return _parts(facts, check=False)


@wrong("raised ValueError")
def four_parts(facts):
    if facts["hours_saved"] >= facts["count_items"] * facts["minutes_each"] / 60:
        raise ValueError
    return _parts(facts, check=False)


@wrong("is in none of the facts")
def four_parts(facts):
    return _parts(facts, outcome=_parts(facts)["outcome"] + f" In a year that is {12 * facts['hours_saved']} hours.")


@wrong("a number of items needs its period")
def four_parts(facts):
    f = facts
    return _parts(f, problem=f"The {f['team']} checks {f['count_items']} {f['work']}, which takes {f['minutes_each']} minutes for each.")


@wrong("expected a dict with a text under each")
def four_parts(facts):
    return list(_parts(facts).values())
