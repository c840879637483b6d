"""Service level objectives: are we fine, and if not, what broke it."""

from parts import *

OVERVIEW, DETAIL = "fournines-slo-overview", "fournines-slo-detail"

CHOSEN = 'job=~"$job", instance=~"$instance", service=~"$service", slo=~"$slo"'
PROBES = 'job=~"$job", instance=~"$instance"'
KEYS = "service, slo, instance"
BURN = above_is_bad(1, 14.4)  # 14.4 pages: it spends 2 % of a 30 day budget in an hour
BUDGET = below_is_bad(0.25, 0)  # as the alerts SLOBudgetLow and SLOBudgetExhausted
COVERAGE = below_is_bad(0.99, 0.9)  # as the alert SLOUnobserved

VERDICT = words(met=(0, GOOD), undetermined=(1, UNKNOWN), violated=(2, BAD))
STATE = words(up=(1, GOOD), down=(2, BAD), unknown=(3, UNKNOWN), excluded=(4, EXCLUDED))
WINDOWS = {"5m": "#A7CDED", "1h": NEUTRAL, "30m": OTHER, "6h": "#8A6FC0", "2h": "#8ED1D1", "1d": "#2FA7A7", "3d": "#6A7FDB"}
STATE_COLOURS = {"up": GOOD, "down": BAD, "unknown": UNKNOWN, "excluded": EXCLUDED}


def slo(metric, **labels):
    more = "".join(f', {label}="{value}"' for label, value in labels.items())
    return f"slo_{metric}{{{CHOSEN}{more}}}"


def coded(metric, label, **codes):
    """One number that says which of the label's values is set."""
    terms = (slo(metric, **{label: value}) + (f" * {code}" if code > 1 else "") for value, code in codes.items())
    return f"({' or '.join(terms)})"


VERDICT_CODE = coded("verdict", "verdict", undetermined=1, violated=2)
STATE_CODE = coded("state", "state", up=1, down=2, unknown=3, excluded=4)


def of_its_window(metric, **labels):
    """The series for each objective's own window, whichever that is."""
    return f"({slo(metric, **labels)} and on (job, instance, service, slo, window) {slo('window_seconds')})"


def over_range(metric):
    return f"sum(increase({slo(metric)}[$__range]))"


def variables(one_objective=False):
    of_instance = 'slo_objective_ratio{job=~"$job", instance=~"$instance"}'
    of_service = 'slo_objective_ratio{job=~"$job", instance=~"$instance", service=~"$service"}'
    return [
        *common_variables("slo_objective_ratio"),
        query_variable("service", "Service", f"label_values({of_instance}, service)", multi=not one_objective),
        query_variable("slo", "Objective", f"label_values({of_service}, slo)", multi=not one_objective),
    ]


def pages():
    chosen = 'ALERTS{alertstate="firing", severity="critical", service=~"$service", slo=~"$slo"}'
    return annotation("Pages", chosen, BAD, title="{{alertname}}", text="{{service}}/{{slo}}", tags="alertname,service,slo")


def verdict():
    return stat(
        "Are we fine?",
        """The worst verdict of the chosen objectives over their windows. Met and violated are certain; undetermined means
        that time nobody measured decides it, so neither may be claimed.""",
        query(f"max({VERDICT_CODE})", instant=True),
        mappings=VERDICT, thresholds=steps((None, GOOD), (1, UNKNOWN), (2, BAD)), no_value="no objectives",
    )


def uptime():
    return stat(
        "Uptime, and what it may be",
        """The lowest uptime over the objectives' own windows. Known leaves unmeasured time out, low counts it as down and high as up:
        the truth lies between low and high.""",
        *(query(f"min{of_its_window('uptime_ratio', bound=bound)}", bound, instant=True) for bound in ("known", "low", "high")),
        unit="percentunit", decimals=4, colour=NEUTRAL, names=True, size=(6, 4), no_value="not measured yet",
    )


def budget_left():
    return stat(
        "Error budget left",
        """What is left of the smallest error budget, as a share and in time. Below zero the objective is missed for this
        window; below a quarter, think twice before the next risky change.""",
        query(f"min({slo('error_budget_remaining_ratio')})", "share", instant=True),
        query(f"min({slo('error_budget_remaining_seconds')})", "time", instant=True),
        unit="percentunit", decimals=1, thresholds=BUDGET, names=True, size=(5, 4), no_value="not measured yet",
        overrides=[override("time", unit="s", color=fixed(NEUTRAL))],
    )


def burn_now():
    return stat(
        "Burn rate",
        """How many times as fast as it may the budget is burnt, over the last hour and the last five minutes. 1 spends
        exactly the whole budget in its window; above 14.4 in both, somebody is paged.""",
        *(query(f"max({slo('burn_rate', window=window)})", window, instant=True) for window in ("1h", "5m")),
        unit="none", decimals=1, thresholds=BURN, names=True, size=(3, 4), no_value="not measured yet",
    )


def incidents():
    return stat(
        "Incidents", "Incidents that are open now, and those declared in the time range of this page.",
        query(f"sum({slo('incident_open')})", "open", instant=True),
        query(f"round({over_range('incidents_total')})", "declared", instant=True),
        unit="none", thresholds=steps((None, GOOD), (1, BAD)), names=True, size=(3, 4), no_value="0",
        overrides=[override("declared", color=fixed(NEUTRAL))],
    )


def mttr():
    count = over_range("incident_duration_seconds_count")
    return stat(
        "MTTR",
        """Mean time to repair: the mean length of the incidents that ended in the time range of this page, and how many they
        are. With fewer than five the mean says little.""",
        query(f"{over_range('incident_duration_seconds_sum')} / ({count} > 0)", "mean", instant=True),
        query(f"round({count})", "count", instant=True),
        unit="s", colour=NEUTRAL, names=True, size=(3, 4), no_value="–", overrides=[override("count", unit="none")],
    )


def coverage():
    return stat(
        "Measured",
        """The share of the objective's window that was measured, for the objective with the least. What is missing counts neither
        as good nor as bad, and may leave the verdict open.""",
        query(f"min{of_its_window('coverage_ratio')}", instant=True),
        unit="percentunit", decimals=1, thresholds=COVERAGE, size=(4, 4), no_value="–",
    )


ASKED = f"sum(rate({slo('events_total')}[$__rate_interval]))"
FAILED = f"sum(rate({slo('events_total', outcome='bad')}[$__rate_interval])) / ({ASKED} > 0)"


def quantile(share):
    return f"histogram_quantile({share}, sum by (le) (rate(probe_latency_seconds_bucket{{{PROBES}}}[$__rate_interval]))) >= 0"


def traffic_history():
    return [
        graph("Throughput over time", "Events that are judged each second, and those of them that were bad.", query(ASKED, "all"),
              query(f"sum(rate({slo('events_total', outcome='bad')}[$__rate_interval]))", "bad"),
              unit="reqps", size=(8, 8), no_value="no events", overrides=fixed_each(all=NEUTRAL, bad=BAD)),
        graph("Answer time over time", "Half of the good answers to probes, and nineteen of twenty, came at least this fast.", query(quantile(0.5), "P50"),
              query(quantile(0.95), "P95"), unit="s", size=(8, 8), no_value="no probes", overrides=fixed_each(P50="#A7CDED", P95=NEUTRAL)),
        graph("Error rate over time", "The share of events that were bad. The lines are what four nines and three nines allow.", query(FAILED, "bad"),
              unit="percentunit", size=(8, 8), full=0.002, lines=True, thresholds=steps((None, CLEAR), (0.0001, WARNING), (0.001, BAD)),
              colour=fixed(BAD), no_value="no events"),
    ]


def traffic_row():
    up, known = slo("state", state="up"), slo("state", state="up") + " + ignoring (state) " + slo("state", state="down")
    return [
        stat("Status", "The share of objectives that are up now, of those whose state is known.",
             query(f"sum({up}) / (sum({known}) > 0)"),
             unit="percentunit", decimals=0, thresholds=steps((None, BAD), (1, GOOD)), size=(5, 4), no_value="nothing known"),
        stat("Throughput", "Events that are judged each second: requests where an objective counts requests, else answers to probes.",
             query(ASKED), unit="reqps", decimals=1, colour=NEUTRAL, size=(5, 4), no_value="no events"),
        stat("P95 answer time", "Nineteen of twenty good answers come at least this fast.",
             query(quantile(0.95)),
             unit="s", colour=NEUTRAL, size=(5, 4), no_value="no probes"),
        stat("Error rate", "The share of these events that were bad: no answer, or a wrong one. Four nines allow 0.01 %.",
             query(FAILED),
             unit="percentunit", decimals=3, thresholds=above_is_bad(0.0001, 0.001), size=(5, 4), no_value="no events"),
    ]


def state_history(height=7):
    return states(
        "When was it up?",
        """What each objective was. Unknown is time that nobody measured: it is its own state, never up. Excluded is planned
        maintenance.""",
        query(f"max by (service, slo) {STATE_CODE}", "{{service}}/{{slo}}"),
        mappings=STATE, size=(24, height), no_value="no objectives",
    )


def parts_of_the_time():
    def seconds(state):
        return f"increase({slo('state_seconds_total', state=state)}[$__interval])"

    bad = f"sum by (service, slo) ({seconds('down')}) / (sum by (service, slo) ({seconds('down')} + ignoring (state) {seconds('up')}) > 0)"
    events = f"increase({slo('events_total')}[$__interval])"
    bad_events = f"sum by (service, slo) (increase({slo('events_total', outcome='bad')}[$__interval])) / (sum by (service, slo) ({events}) > 0)"
    allowed = f"(1 - max by (service, slo) ({slo('objective_ratio')}))"
    return squares(
        "Which days were bad?",
        """The time range of this page in thirty parts, a day each as the page opens: how many times as much as allowed was bad. Green
        stays within an even pace; red would spend a whole 30 day budget in two days. A part that nobody measured is left open.""",
        query(f"(({bad}) or ({bad_events})) / {allowed}", "{{service}}/{{slo}}"),
        unit="none", decimals=1, thresholds=above_is_bad(1, 14.4), size=(24, 4), no_value="not measured yet",
    )


def objectives_table():
    ratio = {"unit": "percentunit", "decimals": 4}
    down = link("What happened?", DETAIL, service="${__data.fields.Service}", slo="${__data.fields.SLO}",
                instance='${__data.fields["Measured by"]}')

    def of(metric, **labels):
        return f"max by ({KEYS}) ({slo(metric, **labels)})"

    def over_window(bound):
        return f"max by ({KEYS}) {of_its_window('uptime_ratio', bound=bound)}"

    return table(
        "All objectives",
        """One line for each objective and each daemon that measures it, over the objective's window. Uptime leaves unmeasured time out; at least and at most say what it may be. Lasts is the time until the budget is spent at
        this pace. A click on a name shows what happened.""",
        [
            ("Objective", of("objective_ratio"), ratio | {"custom__width": 86}),
            ("Verdict", f"max by ({KEYS}) {VERDICT_CODE}", {"mappings": VERDICT, "custom__cellOptions": {"type": "color-text"}, "custom__width": 110}),
            ("Uptime", over_window("known"), ratio | {"custom__width": 91}),
            ("at least", over_window("low"), ratio | {"custom__width": 91}),
            ("at most", over_window("high"), ratio | {"custom__width": 91}),
            ("Budget", of("error_budget_remaining_ratio"), coloured(BUDGET, unit="percentunit", decimals=1, custom__width=90)),
            ("In time", of("error_budget_remaining_seconds"), {"unit": "s", "custom__width": 85}),
            ("Lasts", of("error_budget_exhaustion_seconds") + " < Inf", {"unit": "s", "custom__width": 91}),
            ("Burn 1h", of("burn_rate", window="1h"), coloured(BURN, decimals=1, custom__width=80)),
            ("Open", of("incident_open"), coloured(steps((None, GOOD), (1, BAD)), decimals=0, custom__width=56)),
            ("MTTR", of("mttr_seconds") + " >= 0", {"unit": "s", "custom__width": 85}),
        ],
        keys={"service": "Service", "slo": ("SLO", down), "instance": "Measured by"}, widths={"slo": 140},
        sort="Budget", no_value="–",
    )


def burn_by_window(size=(12, 9)):
    return graph(
        "How fast does it burn, by window?",
        """Burn rate over each window of the alerts, the highest of the chosen objectives. The lines are the thresholds of a
        30 day window: 14.4 (1h, pages), 6 (6h, pages), 3 (1d, ticket), 1 (3d, ticket). What burns less than 0.1 is drawn there.""",
        query(f"clamp_min(max by (window) (slo_burn_rate{{{CHOSEN}, window=~\"5m|30m|1h|2h|6h|1d|3d\"}}), 0.1)", "{{window}}"),
        unit="none", decimals=1, lines=True, size=size, no_value="not measured yet", wide_scale=True, low=0.1, fill=0,
        overrides=fixed_each(**WINDOWS),
        thresholds=steps((None, CLEAR), (1, WARNING), (3, WARNING), (6, BAD), (14.4, BAD)),
    )


def budget_history(title, more="", *extra, overrides=()):
    return graph(
        title,
        f"""Share of each error budget that is left. It goes down with every bad second and comes back as bad time leaves a
        rolling window. Below zero the objective is missed. {more}""",
        query(f"min by (service, slo) ({slo('error_budget_remaining_ratio')})", "{{service}}/{{slo}}"), *extra,
        unit="percentunit", lines=True, low=None, size=(12, 9), no_value="not measured yet", overrides=overrides, fill=0, worst_first=True,
        thresholds=steps((None, BAD), (0, WARNING), (0.25, CLEAR)),
    )


def time_in_states():
    return graph(
        "Where did the time go?",
        "The share of time in each state. It adds up to 100 %: grey was not measured and counts for nothing.",
        *(query(f"avg(avg_over_time({slo('state', state=state)}[$__interval]))", state) for state in STATE_COLOURS),
        unit="percentunit", stack=True, high=1, legend="list", size=(12, 9), no_value="not measured yet",
        overrides=[override(state, color=fixed(colour)) for state, colour in STATE_COLOURS.items()],
    )


def detection():
    sum_, count = over_range("detection_delay_seconds_sum"), over_range("detection_delay_seconds_count")
    return stat(
        "Time to detect", "Mean time from the first bad sample to the declared incident, in the time range of this page.",
        query(f"{sum_} / ({count} > 0)", instant=True), unit="s", colour=NEUTRAL, size=(8, 4), no_value="–",
    )


def between(title, metric, text):
    return stat(title, text, query(f"min({slo(metric)} >= 0)", instant=True), unit="s", colour=NEUTRAL, size=(8, 4), no_value="–")


def incident_lengths():
    lengths = (("30", "up to 30 s"), ("60", "to 1 min"), ("300", "to 5 min"), ("1800", "to 30 min"), ("+Inf", "longer"))

    def ended(length):
        return f"sum(increase({slo('incident_duration_seconds_bucket', le=length)}[$__range]))"

    shorter = [None, *(length for length, _ in lengths)]
    return bars(
        "How long do incidents last?",
        "Incidents that ended in the time range of this page, by their length. Many short ones and few long ones have different cures.",
        *(query(f"round({ended(length)}{f' - {ended(less)}' if less else ''})", text, instant=True)
          for (length, text), less in zip(lengths, shorter)),
        unit="none", decimals=0, low=0, colour=NEUTRAL, size=(8, 8), no_value="no incident ended",
    )


def incident_table():
    keys = {"service": "Service", "slo": "Objective", "instance": "Measured by"}

    def of(metric, more=""):
        return f"max by ({KEYS}) ({slo(metric)}{more})"

    declared = f"round(max by ({KEYS}) (increase({slo('incidents_total')}[$__range])))"
    return table(
        "Incidents of the chosen objectives",
        "How often each objective broke in the time range of this page, when the last incident began, and how long they take.",
        [
            ("Declared", declared, {"decimals": 0}),
            ("Open", of("incident_open"), coloured(steps((None, GOOD), (1, BAD)), decimals=0)),
            ("Open since", of("incident_start_timestamp_seconds", " * 1000 > 0"), {"unit": "dateTimeFromNow"}),
            ("MTTR", of("mttr_seconds", " >= 0"), {"unit": "s"}),
            ("MTBF", of("mtbf_seconds", " >= 0"), {"unit": "s"}),
            ("Bad time", f"max by ({KEYS}) (increase({slo('state_seconds_total', state='down')}[$__range]))", {"unit": "s"}),
        ],
        keys=keys, size=(16, 8), sort="Bad time", descending=True, no_value="–",
    )


def overview():
    return board(
        OVERVIEW, "Are we fine?",
        "Whether the objectives are met, how much of the error budgets is left, what burns them, and how much of the time was measured at all.",
        [
            row("Now", verdict(), uptime(), budget_left(), burn_now(), incidents(), mttr(), *traffic_row(), coverage()),
            row("History", state_history(), objectives_table(), burn_by_window(), budget_history("Budget left over time"), *traffic_history()),
        ],
        tags=["slo"], variables=variables(), annotations=[pages()], down=("What happened?", DETAIL, "job", "service", "slo"),
    )


def detail():
    evenly = query(f"1 - (time() - $__from / 1000) / (($__to - $__from) / 1000) + 0 * max({slo('objective_ratio')})", "evenly spent")
    dashed = override("evenly spent", color=fixed(UNKNOWN), custom__lineStyle={"fill": "dash", "dash": [8, 8]}, custom__fillOpacity=0)
    return board(
        DETAIL, "One objective: what happened?",
        "When an objective was not met, how long each time, how fast its budget burnt, and what is left.",
        [
            row("Now", verdict(), uptime(), budget_left(), burn_now(), incidents(), mttr()),
            row("What happened?", state_history(4), parts_of_the_time(), time_in_states(),
                budget_history("Is the budget spent too early?", "The dashed line is a budget spent evenly over this page.", evenly, overrides=[dashed]),
                burn_by_window((24, 9))),
            row("Incidents", incident_table(), incident_lengths(), detection(),
                between("Time to failure", "mttf_seconds", "Mean time that the objective was up between two incidents (MTTF)."),
                between("Time between failures", "mtbf_seconds", "Mean time from the start of one incident to the start of the next (MTBF).")),
        ],
        tags=["slo"], variables=variables(one_objective=True), annotations=[pages()], time="now-30d", refresh="1m",
        down=("The host that measures it", "fournines-host"),
        links=[leads_to("The host that measures it", "fournines-host"), leads_to("Its probes", "fournines-probes")],
    )


BOARDS = {"slo-overview": overview, "slo-detail": detail}
