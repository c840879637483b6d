"""Probes: do services answer, how fast, and what is wrong when they do not."""

from parts import *

PROBES = "fournines-probes"
ONE = 'job=~"$job", instance=~"$instance", probe=~"$probe"'
ANSWER = words(fails=(0, BAD), answers=(1, GOOD))
CERTIFICATE = below_is_bad(30, 7)  # days


def probe(metric):
    return f"probe_{metric}{{{ONE}}}"


def rate(metric):
    return f"rate({probe(metric)}[$__rate_interval])"


def quantile(share):
    return f"histogram_quantile({share}, sum by (le, probe) ({rate('latency_seconds_bucket')})) >= 0"


FAILED = f"sum by (probe) ({rate('failures_total')}) / (sum by (probe) ({rate('attempts_total')}) > 0)"


def probes():
    only = link("Only this probe", PROBES, instance='${__data.fields["Measured by"]}', probe="${__data.fields.Probe}")
    keys = "probe, instance"
    return board(
        PROBES, "Probes: do services answer?", "Every probe: its answers, how long each phase takes, what fails and why, and how long certificates last.",
        [
            row(
                "Now",
                stat("Probes", "Probes that run.", query(f"count({probe('success')})", instant=True), unit="none", colour=NEUTRAL, size=(4, 4), no_value="none"),
                stat("Failing now", "Probes whose last attempt failed.", query(f"count({probe('success')} == 0) or vector(0)", instant=True), unit="none",
                     thresholds=steps((None, GOOD), (1, BAD)), size=(4, 4)),
                stat("Error rate", "The share of attempts that failed. Four nines allow 0.01 %.",
                     query(f"sum({rate('failures_total')}) / (sum({rate('attempts_total')}) > 0)"), unit="percentunit", decimals=3,
                     thresholds=above_is_bad(0.0001, 0.001), size=(4, 4)),
                stat("P95 answer time", "Nineteen of twenty good answers come at least this fast.",
                     query(f"histogram_quantile(0.95, sum by (le) ({rate('latency_seconds_bucket')})) >= 0"), unit="s", colour=NEUTRAL, size=(4, 4)),
                stat("First certificate ends", "The certificate that expires first.", query(f"min({probe('ssl_earliest_cert_expiry')} - time()) / 86400", instant=True),
                     unit="suffix: days", decimals=0, thresholds=CERTIFICATE, size=(4, 4), no_value="no TLS probes"),
                stat("Not sent in time", "Attempts that this daemon could not send, because it was late or paused. They count as unknown.",
                     query(f"sum(increase({probe('missed_attempts_total')}[$__range]))", instant=True), unit="none", decimals=0,
                     thresholds=above_is_bad(1, 10), size=(4, 4), no_value="0"),
                table("All probes", "One line for each probe. A click on a name shows only that one.",
                      [
                          ("Answers", f"max by ({keys}) ({probe('success')})", {"mappings": ANSWER, "custom__cellOptions": {"type": "color-text"}}),
                          ("Took", f"max by ({keys}) ({probe('duration_seconds')})", {"unit": "s"}),
                          ("P95", f"histogram_quantile(0.95, sum by (le, {keys}) ({rate('latency_seconds_bucket')})) >= 0", {"unit": "s"}),
                          ("Failed", f"sum by ({keys}) ({rate('failures_total')}) / (sum by ({keys}) ({rate('attempts_total')}) > 0)",
                           coloured(above_is_bad(0.0001, 0.001), unit="percentunit", decimals=2)),
                          ("Status", f"max by ({keys}) ({probe('http_status_code')} > 0)", {"decimals": 0}),
                          ("Certificate ends in", f"min by ({keys}) ({probe('ssl_earliest_cert_expiry')} - time()) / 86400", coloured(CERTIFICATE, unit="suffix: days", decimals=1)),
                      ],
                      keys={"probe": ("Probe", only), "instance": "Measured by"}, sort="Answers", no_value="–"),
            ),
            row(
                "History",
                states("When did it answer?", "The answer of every probe over time. Gaps are times that nobody looked.",
                       query(f"min by (probe) ({probe('success')})", "{{probe}}"), mappings=ANSWER),
                graph("What fails?", "Failures by the phase in which they happened: a name that does not resolve is another trouble than a wrong page.",
                      query(f"sum by (probe, phase) ({rate('failures_total')}) > 0", "{{probe}} {{phase}}"), unit="ops", colour=shades(BAD), no_value="nothing failed"),
                graph("How many fail?", "The share of attempts that failed.", query(FAILED, "{{probe}}"), unit="percentunit", full=0.01, colour=shades(BAD)),
                graph("How long do answers take?", "Half of the good answers, and nineteen of twenty, came at least this fast.",
                      query(quantile(0.5), "{{probe}} half"), query(quantile(0.95), "{{probe}} P95"), unit="s"),
                graph("Where does the time go?", "Time of the last attempt by phase: name, connection, TLS, waiting for the server, transfer.",
                      query(f"avg by (phase) ({probe('http_duration_seconds')})", "{{phase}}"), unit="s", stack=True, no_value="no HTTP probes"),
                graph("How long do certificates last?", "Time until the first certificate of a chain ends. Below a week is an alert.",
                      query(f"({probe('ssl_earliest_cert_expiry')} - time()) / 86400", "{{probe}}"), unit="suffix: days", decimals=0, lines=True, worst_first=True,
                      thresholds=steps((None, BAD), (7, WARNING), (30, CLEAR)), no_value="no TLS probes"),
                graph("How many attempts?", "Attempts each second by their outcome.", query(f"sum by (outcome) ({rate('attempts_total')})", "{{outcome}}"), unit="ops", stack=True,
                      overrides=fixed_each(good=GOOD, bad=BAD, unknown=UNKNOWN)),
            ),
        ],
        tags=["probes"],
        variables=[*common_variables("probe_success"), query_variable("probe", "Probe", 'label_values(probe_success{job=~"$job", instance=~"$instance"}, probe)')],
        time="now-6h", down=("The host that measures them", "fournines-host"),
    )


BOARDS = {"probes": probes}
