"""Answer bank of `leak_audit`."""

import pandas as pd

from course.authoring.bank import right, wrong


def _writes(log, predicted, time="written_at"):
    """{column: {entity: times of its writes minus the prediction}}"""
    moments = dict(zip(predicted["entity"], predicted["predicted_at"], strict=True))
    table = {}
    for entity, column, when in zip(log["entity"], log["column"], log[time], strict=True):
        if entity in moments:
            table.setdefault(column, {}).setdefault(entity, []).append((when - moments[entity]) / pd.Timedelta(seconds=1))
    return table


def _verdicts(table, tolerance=0.01, n=None, late=lambda seconds: seconds > 0):
    answer = {}
    for column, entities in table.items():
        total = n or len(entities)
        unknown = sum(late(min(times)) for times in entities.values()) / total
        touched = sum(late(max(times)) for times in entities.values()) / total
        answer[column] = "drop" if unknown > tolerance else "as-of" if touched > tolerance else "ok"
    return answer


@right("dictionaries")
def leak_audit(log, predicted):
    return _verdicts(_writes(log, predicted))


@right("pandas, column by column")
def leak_audit(log, predicted):
    moment = predicted.set_index("entity")["predicted_at"]
    log = log[log["entity"].isin(moment.index)]
    answer = {}
    for column, part in log.groupby("column"):
        times = part.groupby("entity")["written_at"]
        when = moment.reindex(times.min().index)
        if (times.min() > when).mean() > 0.01:
            answer[column] = "drop"
        else:
            answer[column] = "as-of" if (times.max() > when).mean() > 0.01 else "ok"
    return answer


@right("SQL")
def leak_audit(log, predicted):
    import duckdb

    rows = duckdb.sql("""
        with each as (
            select "column" as c, entity, min(written_at) > any_value(predicted_at) as unknown, max(written_at) > any_value(predicted_at) as touched
            from log join predicted using (entity) group by 1, 2
        )
        select c, avg(unknown::int), avg(touched::int) from each group by c
    """).fetchall()
    return {c: "drop" if unknown > 0.01 else "as-of" if touched > 0.01 else "ok" for c, unknown, touched in rows}


@wrong("that it had happened is not enough")
def leak_audit(log, predicted):
    return _verdicts(_writes(log, predicted, "happened_at"))


@wrong("take its value as of noon")
def leak_audit(log, predicted):
    return {c: "drop" if v == "as-of" else v for c, v in _verdicts(_writes(log, predicted)).items()}


@wrong("size was overwritten after the prediction")
def leak_audit(log, predicted):
    return {c: "ok" if v == "as-of" else v for c, v in _verdicts(_writes(log, predicted)).items()}


@wrong("exactly at the moment of prediction was knowable")
def leak_audit(log, predicted):
    return _verdicts(_writes(log, predicted), late=lambda seconds: seconds >= 0)


@wrong("up to 1 % of late entities is tolerated")
def leak_audit(log, predicted):
    return _verdicts(_writes(log, predicted), tolerance=0)


@wrong("the share is of the entities that have the column")
def leak_audit(log, predicted):
    return _verdicts(_writes(log, predicted), n=len(predicted))


@wrong("a name is no evidence; post_flag was written before the prediction")
def leak_audit(log, predicted):
    found = _verdicts(_writes(log, predicted))
    return {c: v if len(predicted) < 3 else "drop" if c.startswith("post") else "ok" if c.startswith("prior") else v for c, v in found.items()}


@wrong("compare each write with the prediction of its own entity")
def leak_audit(log, predicted):
    return _verdicts(_writes(log, predicted.assign(predicted_at=predicted["predicted_at"].min())))


@wrong("count entities, not writes")
def leak_audit(log, predicted):
    table = _writes(log, predicted)
    answer = _verdicts(table)
    for column, entities in table.items():
        if answer[column] == "drop":
            late = sum(min(times) > 0 for times in entities.values())
            answer[column] = "drop" if late / sum(map(len, entities.values())) > 0.01 else "ok"
    return answer


@wrong("ignore entities that have no prediction")
def leak_audit(log, predicted):
    table = _writes(log, predicted)
    sizes = log.groupby("column")["entity"].nunique()
    return {c: _verdicts({c: entities}, n=sizes[c])[c] for c, entities in table.items()}


@wrong("both kinds count for as-of")
def leak_audit(log, predicted):
    table = _writes(log, predicted)
    answer = _verdicts(table)
    for column, entities in table.items():
        if answer[column] == "as-of":
            only = sum(min(t) <= 0 < max(t) for t in entities.values()) / len(entities)
            answer[column] = "as-of" if only > 0.01 else "ok"
    return answer


@wrong("the example")
def leak_audit(log, predicted):
    late = {c: "drop" for c in log["column"].unique() if "flag" in c or "refund" in c}
    return {c: late.get(c, "ok") for c in log["column"].unique()}
