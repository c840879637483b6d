"""Turns one line per alert into tests for promtool.

Every case has the same shape: the series are quiet, one step below the alert; then bad for a while; then quiet again.
From the rule's own for and keep_firing_for it follows at which minutes the alert must fire, and every minute is looked
at: it fires when it must, stays silent below, resolves, and does not flap in between. What it says is compared in the
last bad minute.
"""

import dataclasses
import json
import re

AFTER = 20  # minutes looked at beyond the last one that fires


def minutes(duration):
    """1h is 60; an absent duration is 0."""
    if not duration:
        return 0
    number, unit = re.fullmatch(r"(\d+)([mh])", duration).groups()
    return int(number) * {"m": 1, "h": 60}[unit]


# What stands for the values of a series: from (first bad minute, first good one after it, minutes after that) to text.


def gauge(quiet, bad):
    return lambda start, end, after: f"{quiet}x{start - 1} {bad}x{end - start - 1} {quiet}x{after}"


def counter(quiet, bad):
    """Growth per minute. What is bad shows one minute after the first bad one."""

    def values(start, end, after):
        low = quiet * start
        high = low + bad * (end - start)
        return f"0+{quiet}x{start - 1} {low}+{bad}x{end - start - 1} {high}+{quiet}x{after}"

    return values


def always(value):
    return lambda start, end, after: f"{value}x{end + after}"


def gone(value):
    """There while quiet, missing while bad."""
    return lambda start, end, after: f"{value}x{start - 1} stale _x{end - start - 1} {value}x{after}"


def raw(text):
    return lambda start, end, after: text


@dataclasses.dataclass
class Case:
    alert: str
    series: dict  # name and its own labels -> values
    value: str = ""  # as the description shows it
    labels: dict = dataclasses.field(default_factory=dict)  # of the alert, beside those of the target
    without: tuple = ()  # labels of the target that the alert has not
    severity: str = ""  # which of several with this name; the others are silent ...
    also: tuple = ()  # ... but for these, which fire at the end of the bad time as well
    target: dict = dataclasses.field(default_factory=lambda: {"job": "node", "instance": "web-1:9100"})
    quiet: int = 30  # minutes before it turns bad
    lag: int = 0  # minutes from the first bad sample until the expression holds
    hold: int = 0  # minutes that it holds after the last bad sample
    bad: int = 0  # minutes that are bad; a little more than it takes unless told
    never: bool = False  # the alert stays silent all the time
    ever: bool = False  # it always fires


def with_labels(name, labels):
    name, _, own = name.partition("{")
    parts = [f'{key}="{value}"' for key, value in labels.items()] + ([own.removesuffix("}")] if own else [])
    return f"{name}{{{','.join(parts)}}}"


def rendered(template, labels, value):
    """What the two forms that our descriptions use come to; a label that the alert has not is an error. What is queried for
    the words is not there."""
    template = re.sub(r"\{\{ with .*?\{\{ end \}\}", "", template)
    text = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found.group(1)], template)
    return re.sub(r"\{\{ \$value[^}]*\}\}", value, text)


def promtool_test(case, rules):
    """One entry of a test file; rules are those with the alert's name."""
    by_severity = {rule["labels"]["severity"]: rule for rule in rules}
    rule = by_severity[case.severity or next(iter(by_severity))]
    wait, keep = minutes(rule.get("for")), minutes(rule.get("keep_firing_for"))
    start = case.quiet
    end = start + (case.bad or wait + 10 + case.lag)
    fires = range(start + case.lag + wait, end + case.hold + keep)
    if case.never:
        fires = range(0)
    last = max(fires.stop, end) + AFTER
    if case.ever:
        fires = range(last)

    labels = {key: value for key, value in case.target.items() if key not in case.without} | case.labels
    firing = [rule, *(by_severity[severity] for severity in case.also)] if fires else []
    said = [
        {"exp_labels": labels | one["labels"],
         "exp_annotations": {key: rendered(text, labels, case.value) for key, text in one["annotations"].items()}}
        for one in firing
    ]
    name = f'ALERTS{{alertname="{case.alert}",alertstate="firing",severity="{rule["labels"]["severity"]}"}}'
    sample = {"labels": with_labels("ALERTS", {"alertname": case.alert, "alertstate": "firing",
                                               **labels, **rule["labels"]}), "value": 1}
    return {
        "name": f"{case.alert} {rule['labels']['severity']}",
        "interval": "1m",
        "input_series": [
            {"series": with_labels(series, case.target), "values": values(start, end, last - end + 5)}
            for series, values in case.series.items()
        ],
        "alert_rule_test": [{"eval_time": f"{end - 1}m", "alertname": case.alert, "exp_alerts": said}],
        "promql_expr_test": [
            {"expr": name, "eval_time": f"{minute}m", "exp_samples": [sample] if minute in fires else []}
            for minute in range(last)
        ],
    }


def rules_of(rule_files):
    """name -> rules, and the names of the groups in order."""
    groups = [group for path in rule_files for group in json.loads(path.read_text(encoding="utf-8"))["groups"]]
    by_name = {}
    for group in groups:
        for rule in group["rules"]:
            by_name.setdefault(rule.get("alert"), []).append(rule)
    return by_name, [group["name"] for group in groups]


def test_file(cases, rule_files):
    """The text of a file for promtool test rules."""
    by_name, groups = rules_of(rule_files)
    return json.dumps({
        "rule_files": [str(path) for path in rule_files],
        "evaluation_interval": "1m",
        "group_eval_order": groups,
        "tests": [promtool_test(case, by_name[case.alert]) for case in cases],
    }, indent=1)
