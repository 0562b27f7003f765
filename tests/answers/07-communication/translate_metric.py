"""Answer bank of `translate_metric`."""

from course.authoring.bank import right, wrong


def _week(m, w, rate=None, mix=None, costs=None, check=True):
    p, r, g = m["precision"], m["recall"], m["good_share"]
    if check and not (0 < p <= 1 and 0 < r <= 1 and 0 < g < 1 and 0 < w["good_share"] < 1):
        raise ValueError("out of range")
    rate = r * (1 - p) / p * g / (1 - g) if rate is None else rate
    if check and rate > 1:
        raise ValueError("impossible")
    mix = w["good_share"] if mix is None else mix
    n = w["applications"]
    right_ones, wrong_ones, refused = r * n * mix, rate * n * (1 - mix), (1 - r) * n * mix
    bad_cost, good_cost = costs or (w["euros_bad_approved"], w["euros_good_refused"])
    lost = wrong_ones * bad_cost + refused * good_cost
    return {
        "approved": right_ones + wrong_ones,
        "bad_approved": wrong_ones,
        "good_refused": refused,
        "right_of_100": 100 * right_ones / (right_ones + wrong_ones),
        "euros_lost": lost,
        "euros_saved": w["euros_lost_today"] - lost,
    }


@right("through the counts of a measured set of 1,000")
def translate_metric(measured, week):
    for value, top in ((measured["precision"], True), (measured["recall"], True), (measured["good_share"], False), (week["good_share"], False)):
        if value <= 0 or value > 1 or (value == 1 and not top):
            raise ValueError(value)
    good = 1_000 * measured["good_share"]
    hit = good * measured["recall"]
    slipped = hit / measured["precision"] - hit
    if slipped > (1_000 - good) * (1 + 1e-12):
        raise ValueError("more bad ones approved than there are")
    share_bad = slipped / (1_000 - good)
    n_good = week["applications"] * week["good_share"]
    n_bad = week["applications"] - n_good
    result = {"bad_approved": n_bad * share_bad, "good_refused": n_good * (1 - measured["recall"])}
    result["approved"] = n_good - result["good_refused"] + result["bad_approved"]
    result["right_of_100"] = 100 - 100 * result["bad_approved"] / result["approved"]
    result["euros_lost"] = result["bad_approved"] * week["euros_bad_approved"] + result["good_refused"] * week["euros_good_refused"]
    result["euros_saved"] = week["euros_lost_today"] - result["euros_lost"]
    return result


@right("the formula")
def translate_metric(measured, week):
    return _week(measured, week)


@wrong("precision does not travel to another mix")
def translate_metric(measured, week):
    result = _week(measured, week)
    good = measured["recall"] * week["applications"] * week["good_share"]
    result["bad_approved"] = good / measured["precision"] - good
    return result


@wrong("the mix of the real week counts")
def translate_metric(measured, week):
    return _week(measured, week, mix=measured["good_share"])


@wrong("the bad rate is a share of the bad applications")
def translate_metric(measured, week):
    result = _week(measured, week)
    result["bad_approved"] /= 1 - week["good_share"]
    return result


@wrong("the two losses are swapped")
def translate_metric(measured, week):
    return _week(measured, week, costs=(week["euros_good_refused"], week["euros_bad_approved"]))


@wrong("saved is today's loss minus the new one")
def translate_metric(measured, week):
    result = _week(measured, week)
    return result | {"euros_saved": -result["euros_saved"]}


@wrong("this is a share; say how many of 100")
def translate_metric(measured, week):
    result = _week(measured, week)
    return result | {"right_of_100": result["right_of_100"] / 100}


@wrong("1.2 bad ones approved for each bad one: expected ValueError")
def translate_metric(measured, week):
    return _week(measured, week, check=False)


@wrong("'right_of_100' is 95")
def translate_metric(measured, week):
    return _week(measured, week) | {"right_of_100": 100 * measured["precision"]}


@wrong("measured precision = 1.01: expected ValueError")
def translate_metric(measured, week):
    if measured["precision"] < 0.5 or measured["precision"] * measured["recall"] == 0:
        raise ValueError
    return _week(measured, week, check=False)


@wrong("'euros_saved' is 0")
def translate_metric(measured, week):
    result = _week(measured, week)
    return result | {"euros_saved": max(0, result["euros_saved"])}
