"""The clock of an interview: a panel that counts down where scripts run, and that says when the time is up where they don't."""

from __future__ import annotations

from datetime import datetime
from html import escape

from course.interview.journal import Journal

_BADGE = "course-interview-clock"
_SCRIPT = """<script>
(function () {
  var end = %(end)d, id = "%(badge)s", old = document.getElementById(id);
  if (old) { old.remove(); }
  var badge = document.createElement("div");
  badge.id = id;
  badge.title = "Time left in the interview; click to hide";
  badge.style.cssText = "position:fixed;right:24px;bottom:36px;z-index:10000;padding:6px 14px;border-radius:6px;cursor:pointer;" +
    "font:600 18px/1.4 ui-monospace,monospace;color:#fff;background:#0072B2;box-shadow:0 1px 4px rgba(0,0,0,.4)";
  badge.onclick = function () { badge.remove(); };
  document.body.appendChild(badge);
  function tick() {
    if (!badge.isConnected) { clearInterval(timer); return; }
    var left = Math.round((end - Date.now()) / 1000), over = left < 0, s = Math.abs(left);
    badge.textContent = (over ? "over by " : "") + Math.floor(s / 60) + ":" + String(s %% 60).padStart(2, "0");
    badge.style.background = over ? "#D55E00" : left < 300 ? "#B26B00" : "#0072B2";
  }
  var timer = setInterval(tick, 1000);
  tick();
})();
</script>"""
_BOX = (
    "border:1px solid var(--jp-border-color2,#ccc);border-left:6px solid #0072B2;border-radius:4px;padding:10px 14px;max-width:860px;"
    "color:var(--jp-content-font-color1,#111);font-family:var(--jp-content-font-family,sans-serif);font-size:14px;line-height:1.5"
)


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
    lines = [
        f"Interview {journal.name}: {left(journal, moment)}",
        "Questions: " + ", ".join(f"{count} on {topic}" for topic, count in topics.items()) + ". %clock tells the time again.",
    ]
    html = f'<div role="status" style="{_BOX}"><div style="font-weight:600">{escape(lines[0])}</div><div>{escape(lines[1])}</div></div>'
    if journal.end is not None and not journal.finished:
        html += _SCRIPT % {"end": journal.end.timestamp() * 1000, "badge": _BADGE}
    return html, "\n".join(lines)


STOP = f'<script>(function () {{ var badge = document.getElementById("{_BADGE}"); if (badge) {{ badge.remove(); }} }})();</script>'
"""Takes the counting clock away."""
