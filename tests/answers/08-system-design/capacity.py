"""Answer bank of `capacity`."""

import inspect
import math
from fractions import Fraction

from course.authoring.bank import right, wrong

ORDER = "daily_users opens_per_day peak_factor candidates slots articles dimensions connectivity log_bytes log_days latency_ms cpu_ms cores utilisation".split()


def plan(values, **changes):
    a = dict(values)
    if any(not x > 0 for x in a.values()) or a["utilisation"] > 1 or a["peak_factor"] < 1:
        raise ValueError("unusable assumption")
    mean = a["daily_users"] * a["opens_per_day"] / 86_400
    peak = mean * a["peak_factor"]
    result = {
        "mean_rps": mean,
        "peak_rps": peak,
        "scores_per_second": peak * a["candidates"],
        "in_flight": peak * a["latency_ms"] / 1000,
        "machines": math.ceil(peak * a["cpu_ms"] / 1000 / a["cores"] / a["utilisation"]),
        "index_gb": a["articles"] * (a["dimensions"] + 2 * a["connectivity"]) * 4 / 1e9,
        "profiles_gb": a["daily_users"] * a["dimensions"] * 4 / 1e9,
        "log_tb": a["daily_users"] * a["opens_per_day"] * a["slots"] * a["log_bytes"] * a["log_days"] / 1e12,
    }
    result.update({name: f(a, mean, peak) for name, f in changes.items()})
    return result


@right("step by step")
def capacity(
    daily_users, opens_per_day, peak_factor, candidates, slots, articles, dimensions, connectivity, log_bytes, log_days, latency_ms, cpu_ms, cores, utilisation
):
    if min(daily_users, opens_per_day, candidates, slots, articles, dimensions, connectivity, log_bytes, log_days, latency_ms, cpu_ms, cores) <= 0:
        raise ValueError("not positive")
    if peak_factor < 1 or not 0 < utilisation <= 1:
        raise ValueError("impossible share")
    per_day = daily_users * opens_per_day
    rate = per_day / (24 * 60 * 60)
    busiest = peak_factor * rate
    served_by_one = cores * utilisation / (cpu_ms * 1e-3)
    return dict(
        mean_rps=rate,
        peak_rps=busiest,
        scores_per_second=candidates * busiest,
        in_flight=busiest * (latency_ms * 1e-3),
        machines=float(math.ceil(busiest / served_by_one)),
        index_gb=(articles * dimensions * 4 + articles * 2 * connectivity * 4) / 10**9,
        profiles_gb=daily_users * dimensions * 4 / 10**9,
        log_tb=per_day * slots * log_bytes / 10**12 * log_days,
    )


@right("fractions")
def capacity(
    daily_users, opens_per_day, peak_factor, candidates, slots, articles, dimensions, connectivity, log_bytes, log_days, latency_ms, cpu_ms, cores, utilisation
):
    values = [Fraction(str(v)) for v in locals().values()]
    result = plan(zip(ORDER, values, strict=True))
    return {name: int(value) if name == "machines" else float(value) for name, value in result.items()}


@wrong("the machines are planned for the mean")
def capacity(*args, **named):
    return plan(
        inspect.getcallargs(
            lambda daily_users, opens_per_day, peak_factor, candidates, slots, articles, dimensions, connectivity, log_bytes, log_days, latency_ms, cpu_ms, cores, utilisation: (
                0
            ),
            *args,
            **named,
        ),
        machines=lambda a, mean, peak: math.ceil(mean * a["cpu_ms"] / 1000 / a["cores"] / a["utilisation"]),
    )


@wrong("the machines are filled to the last core")
def capacity(*args, **named):
    return plan({**dict(zip(ORDER, args)), **named}, machines=lambda a, mean, peak: math.ceil(peak * a["cpu_ms"] / 1000 / a["cores"]))


@wrong("a part of a machine is a machine")
def capacity(*args, **named):
    return plan({**dict(zip(ORDER, args)), **named}, machines=lambda a, mean, peak: round(peak * a["cpu_ms"] / 1000 / a["cores"] / a["utilisation"]))


@wrong("the neighbours of the graph are left out")
def capacity(*args, **named):
    return plan({**dict(zip(ORDER, args)), **named}, index_gb=lambda a, mean, peak: a["articles"] * a["dimensions"] * 4 / 1e9)


@wrong("there are 2 * connectivity neighbours")
def capacity(*args, **named):
    return plan({**dict(zip(ORDER, args)), **named}, index_gb=lambda a, mean, peak: a["articles"] * (a["dimensions"] + a["connectivity"]) * 4 / 1e9)


@wrong("one row for each opening")
def capacity(*args, **named):
    return plan({**dict(zip(ORDER, args)), **named}, log_tb=lambda a, mean, peak: a["daily_users"] * a["opens_per_day"] * a["log_bytes"] * a["log_days"] / 1e12)


@wrong("latency_ms is in milliseconds")
def capacity(*args, **named):
    return plan({**dict(zip(ORDER, args)), **named}, in_flight=lambda a, mean, peak: peak * a["latency_ms"])


@wrong("only the slots are scored here")
def capacity(*args, **named):
    return plan({**dict(zip(ORDER, args)), **named}, scores_per_second=lambda a, mean, peak: peak * a["slots"])


@wrong("a peak of half the mean: expected ValueError")
def capacity(*args, **named):
    a = {**dict(zip(ORDER, args)), **named}
    if a["peak_factor"] < 1:
        return plan({**a, "peak_factor": 1})
    return plan(a)
