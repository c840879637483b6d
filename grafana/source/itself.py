"""fournines itself: is the monitor well, so that the rest may be believed."""

from parts import *

ME = 'job=~"$job", instance=~"$instance"'
LEGEND = "{{instance}}"
STATES = words(ok=(0, GOOD), absent=(1, UNKNOWN), failed=(2, BAD), stale=(3, WARNING))


def own(metric, more=""):
    return f"fournines_{metric}{{{ME}{', ' + more if more else ''}}}"


BROKEN = own("collector_state", 'state=~"failed|stale"')


def rate(metric):
    return f"rate({own(metric)}[$__rate_interval])"


def state_code():
    terms = [own("collector_state", f'state="{name}"') + f" * {code}" for code, name in ((1, "absent"), (2, "failed"), (3, "stale"))]
    return f"max by (collector) ({' + ignoring (state) '.join(terms)})"


def itself():
    return board(
        "fournines-itself", "fournines itself: may it be believed?",
        "Collectors, history, alerts and the web front of the daemon: what it costs, what it could not do, and when it was blind.",
        [
            row(
                "Now",
                stat("Answers", "Whether Prometheus can scrape the daemon.", query(f"min(up{{{ME}}})", instant=True), mappings=words(silent=(0, BAD), answers=(1, GOOD)),
                     thresholds=steps((None, BAD), (1, GOOD)), size=(3, 4)),
                stat("Version", "The build that runs.", query(f"max by (version) ({own('build_info')})", "{{version}}", instant=True), unit="none",
                     colour=NEUTRAL, text="name", size=(3, 4)),
                stat("Configuration", "Whether the last reload took the new configuration.", query(f"min({own('config_last_reload_successful')})", instant=True),
                     mappings=words(refused=(0, BAD), taken=(1, GOOD)), thresholds=steps((None, BAD), (1, GOOD)), size=(3, 4)),
                stat("History", "Whether what is judged reaches the disk.", query(f"min({own('history_durable')})", instant=True),
                     mappings=words(in_memory_only=(0, BAD), on_disk=(1, GOOD)), thresholds=steps((None, BAD), (1, GOOD)), size=(3, 4)),
                stat("Collectors", "How many collectors fail or lag behind. Absent hardware does not count.",
                     query(f"sum({BROKEN})", instant=True), unit="none", mappings=words(all_well=(0, GOOD)),
                     thresholds=steps((None, GOOD), (1, BAD)), size=(3, 4)),
                stat("Blind time", "Time that the daemon did not see, in the time range of this page.",
                     query(f"sum(increase({own('gap_seconds_total')}[$__range]))", instant=True), unit="s", thresholds=above_is_bad(1, 60), size=(3, 4)),
                stat("CPU", "Share of one CPU that the daemon uses.", query(f"sum(rate(process_cpu_seconds_total{{{ME}}}[$__rate_interval]))"), unit="percentunit",
                     decimals=2, colour=NEUTRAL, size=(3, 4)),
                stat("Memory", "Resident memory of the daemon.", query(f"sum(process_resident_memory_bytes{{{ME}}})"), unit="bytes", colour=NEUTRAL, size=(3, 4)),
            ),
            row(
                "Collectors",
                graph("How long does each take?", "Time of each collector in a scrape, the longest on top.",
                      query(f"max by (collector) (node_scrape_collector_duration_seconds{{{ME}}})", "{{collector}}"), unit="s", stack=True),
                states("Which are not well?", "Failed could not read what is there; of stale ones an answer is overdue. The folded row below shows all.",
                       query(f"{state_code()} > 1", "{{collector}}"), mappings=STATES, size=(12, 8), no_value="all well"),
                graph("How long is a scrape?", "What Prometheus saw.", query(f"scrape_duration_seconds{{{ME}}}", "{{instance}} {{job}}"), unit="s"),
                graph("How many samples?", "Samples in a scrape. Watch it when labels come from names that others choose.",
                      query(f"scrape_samples_scraped{{{ME}}}", "{{instance}} {{job}}"), unit="none", decimals=0),
            ),
            row(
                "Judging and history",
                graph("When was it blind?", "Seconds that nobody measured, by cause.", query(f"sum by (cause) ({rate('gap_seconds_total')})", "{{cause}}"), unit="s", full=1, no_value="never"),
                graph("Late ticks", "Share of the judge's ticks that came too late.", query(f"{rate('slo_late_ticks_total')} / ({rate('slo_ticks_total')} > 0)", LEGEND), unit="percentunit", full=0.01),
                graph("How long does a commit take?", "Mean time to write what happened to the disk for good.",
                      query(f"{rate('state_commit_seconds_total')} / ({rate('state_commits_total')} > 0)", LEGEND), unit="s"),
                graph("History", "Size of the history on disk, and rows that wait to be written.", query(own("state_bytes"), LEGEND + " size"),
                      query(own("state_unsaved_rows"), LEGEND + " rows waiting"), unit="bytes", overrides=[override("/rows waiting$/", unit="none", custom__axisPlacement="right")]),
            ),
            row(
                "Alerts",
                graph("Notices", "Alerts that were delivered, and attempts that failed.", query(f"sum by (instance) ({rate('alerts_sent_total')})", LEGEND + " sent"),
                      query(f"sum by (instance) ({rate('alerts_send_failures_total')})", LEGEND + " failed"), unit="ops",
                      overrides=[override("/sent$/", color=fixed(GOOD)), override("/failed$/", color=fixed(BAD))]),
                graph("Firing, pending, undelivered", "Alerts by what became of them. Undelivered ones are kept and tried again.",
                      query(own("alerts_firing"), LEGEND + " firing"), query(own("alerts_pending"), LEGEND + " pending"),
                      query(own("alerts_undelivered"), LEGEND + " undelivered"), unit="none", decimals=0, overrides=[override("/firing$/", color=fixed(BAD)), override("/pending$/", color=fixed(WARNING)),
                                 override("/undelivered$/", color=fixed(UNKNOWN))]),
            ),
            row(
                "Sources",
                states("Do they answer?", "The query APIs that objectives are judged by. While one is silent, its objectives are unknown, and are filled in once it is back.",
                       query(f"max by (instance, source) ({own('source_up')})", "{{source}}"), mappings=words(silent=(0, BAD), answers=(1, GOOD)),
                       size=(12, 7), no_value="no sources"),
                graph("How often are they asked?", "Looks at each source, and those that gave nothing to judge by.",
                      query(f"sum by (source) ({rate('source_requests_total')})", "{{source}}"),
                      query(f"sum by (source) ({rate('source_failures_total')})", "{{source}} failed"), unit="ops", size=(12, 7), no_value="no sources",
                      overrides=[override("/failed$/", color=fixed(BAD))]),
                collapsed=True,
            ),
            row(
                "Every collector",
                states("How is each?", "Absent means that the machine has nothing to read; stale, that an answer is overdue.",
                       query(state_code(), "{{collector}}"), mappings=STATES, size=(24, 24)),
                collapsed=True,
            ),
            row(
                "Web front",
                graph("Connections", "Open connections, and those that were cut for being slow, idle or wrong.", query(own("http_connections"), LEGEND + " open"),
                      query(f"sum by (instance, reason) ({rate('http_connections_cut_total')})", LEGEND + " cut: {{reason}}"), unit="none", decimals=1),
                graph("Answers", "Answers each second by status.", query(f"sum by (code) ({rate('http_responses_total')})", "{{code}}"), unit="ops",
                      overrides=fixed_each(**{"2xx": GOOD, "1xx": UNKNOWN, "3xx": NEUTRAL, "4xx": WARNING, "5xx": BAD})),
                collapsed=True,
            ),
        ],
        tags=["fournines-itself"], variables=common_variables("fournines_build_info"), time="now-6h",
        down=("Its host", "fournines-host"),
    )


BOARDS = {"fournines": itself}
