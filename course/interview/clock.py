"""The clock of an interview: a panel that counts down where scripts run, and that says when the time is up where they don't."""

from __future__ import annotations

from datetime import datetime

from course.interview.journal import Journal
from course.study.panels import note_panel

_BADGE = "course-interview-clock"
_SCRIPT = """<script>
(function () {
  var end = %(end)d, id = "%(badge)s", old = document.getElementById(id);
  if (old) { old.remove(); }
  var badge = document.createElement("button");
  badge.id = id;
  badge.type = "button";
  badge.title = "Time left in the interview; click to hide";
  badge.style.cssText = "position:fixed;right:24px;bottom:36px;z-index:10000;padding:6px 14px;border:0;border-radius:6px;cursor:pointer;" +
    "font:600 18px/1.4 ui-monospace,monospace;color:#fff;background:#0072B2;box-shadow:0 1px 4px rgba(0,0,0,.4)";
  badge.onclick = function () { badge.remove(); };
  document.body.appendChild(badge);
  function tick() {
    if (!badge.isConnected) { clearInterval(timer); return; }
    var left = Math.round((end - Date.now()) / 1000), over = left < 0, s = Math.abs(left);
    badge.textContent = (over ? "over by " : "") + Math.floor(s / 60) + ":" + String(s %% 60).padStart(2, "0");
    badge.style.background = over ? "#A63C00" : left < 300 ? "#8F5600" : "#0072B2";
  }
  var timer = setInterval(tick, 1000);
  tick();
})();
</script>"""


def left(journal: Journal, moment: datetime) -> str:
    """How much time is left, in words."""
    if journal.end is None:
        return f"The clock has not started: %interview start {journal.name}"
    seconds = round((journal.end - moment).total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    until = journal.end.astimezone().strftime("%H:%M")
    if seconds < 0:
        return f"The time was up at {until}, {minutes}:{rest:02d} minutes ago. Save the notebook and run %finish."
    return f"{minutes}:{rest:02d} minutes are left, until {until}."


def panel(journal: Journal, moment: datetime) -> tuple[str, str]:
    """(html, text): the questions by topic and the time left; the html counts down at the lower right of the window where its script may run."""
    topics: dict[str, int] = {}
    for asked in journal.asked:
        topics[asked.topic] = topics.get(asked.topic, 0) + 1
    html, text = note_panel(
        f"Interview {journal.name}: {left(journal, moment)}",
        "Questions: " + ", ".join(f"{count} on {topic}" for topic, count in topics.items()) + ". %clock tells the time again.",
    )
    if journal.end is not None and not journal.finished:
        html += _SCRIPT % {"end": journal.end.timestamp() * 1000, "badge": _BADGE}
    return html, text


STOP = f'<script>(function () {{ var badge = document.getElementById("{_BADGE}"); if (badge) {{ badge.remove(); }} }})();</script>'
"""Takes the counting clock away."""
