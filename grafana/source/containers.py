"""Containers: which one is busy, throttled, short of memory, restarted or unhealthy."""

from parts import *

CONTAINERS = "fournines-containers"

ME = 'job=~"$job", instance=~"$instance"'
ONE = ME + ', name=~"$name", name!=""'
KEYS = "instance, name"


def container(metric, labels=ONE):
    return f"container_{metric}{{{labels}}}"


def rate(metric):
    return f"rate({container(metric)}[$__rate_interval])"


def by_name(what, how="sum"):
    return f"{how} by ({KEYS}) ({what})"


CPU = by_name(rate("cpu_usage_seconds_total"))
MEMORY = by_name(container("memory_working_set_bytes"))
LIMIT = f"({by_name(container('spec_memory_limit_bytes'))} > 0 < 9e18)"
THROTTLED = f"{by_name(rate('cpu_cfs_throttled_periods_total'))} / ({by_name(rate('cpu_cfs_periods_total'))} > 0)"
HEALTH = words(not_healthy=(0, BAD), healthy=(1, GOOD), no_check=(-1, UNKNOWN))  # starting counts as not healthy, as in cAdvisor
LEGEND = "{{name}}"


def containers_table():
    only = link("Only this container", CONTAINERS, instance="${__data.fields.Host}", name="${__data.fields.Container}")
    return table(
        "All containers", "One line for each container. A click on a name shows only that one.",
        [
            ("Started", f"max by ({KEYS}) ({container('start_time_seconds')}) * 1000", {"unit": "dateTimeFromNow", "custom__width": 115}),
            ("Health", f"max by ({KEYS}) ({container('health_state')})", {"mappings": [*HEALTH, NOTHING], "custom__width": 95, "custom__cellOptions": {"type": "color-text"}}),
            ("CPUs", CPU, {"decimals": 2}),
            ("Throttled", THROTTLED, coloured(above_is_bad(0.1, 0.25), unit="percentunit", decimals=1)),
            ("Memory", MEMORY, {"unit": "bytes"}),
            ("Of its limit", f"{MEMORY} / {LIMIT}", bar_cell(above_is_bad(0.8, 0.9), decimals=0)),
            ("Processes", by_name(container("processes")), {"decimals": 0}),
            ("In", by_name(rate("network_receive_bytes_total")), {"unit": "Bps"}),
            ("Out", by_name(rate("network_transmit_bytes_total")), {"unit": "Bps"}),
            ("OOM kills", f"round(sum by ({KEYS}) (increase({container('oom_events_total')}[$__range])))", coloured(steps((None, GOOD), (1, BAD)), decimals=0)),
            ("Restarts", f"sum by ({KEYS}) (changes({container('start_time_seconds')}[$__range]))", coloured(above_is_bad(1, 3), decimals=0)),
        ],
        keys={"name": ("Container", only), "instance": "Host"}, sort="CPUs", descending=True, size=(24, 9), no_value="–",
    )


def containers():
    count = lambda condition: f"count({condition}) or vector(0)"
    return board(
        CONTAINERS, "Containers: which one hurts?", "CPU, throttling, memory, I/O, network, restarts, health and OOM kills of every container.",
        [
            row(
                "Now",
                stat("Running", "Containers that run now.", query(f"count({by_name(container('last_seen'), 'max')})", instant=True), unit="none", colour=NEUTRAL, size=(4, 4), no_value="none"),
                stat("Unhealthy", "Containers whose health check fails.", query(count(f"{container('health_state')} == 0"), instant=True), unit="none",
                     thresholds=steps((None, GOOD), (1, BAD)), size=(4, 4)),
                stat("Throttled", "Containers that were held back in more than a quarter of their periods.", query(count(f"{THROTTLED} > 0.25"), instant=True),
                     unit="none", thresholds=steps((None, GOOD), (1, WARNING)), size=(4, 4)),
                stat("Near memory limit", "Containers that use more than 90 % of what they may.", query(count(f"{MEMORY} / {LIMIT} > 0.9"), instant=True),
                     unit="none", thresholds=steps((None, GOOD), (1, WARNING)), size=(4, 4)),
                stat("OOM kills", "Processes killed for lack of memory in the time range of this page.",
                     query(f"round(sum(increase({container('oom_events_total')}[$__range])))", instant=True), unit="none",
                     thresholds=steps((None, GOOD), (1, BAD)), size=(4, 4), no_value="0"),
                stat("Restarts", "Containers that started anew in the time range of this page.",
                     query(f"sum(changes({container('start_time_seconds')}[$__range]))", instant=True), unit="none",
                     thresholds=above_is_bad(1, 3), size=(4, 4), no_value="0"),
                containers_table(),
            ),
            row(
                "CPU and memory",
                graph("Which use the CPUs?", "CPUs in use by each container.", query(CPU, LEGEND), unit="none", decimals=2, stack=True),
                graph("Which are held back?", "Share of periods in which the container had used up its quota: latency suffers long before CPU looks busy.",
                      query(THROTTLED, LEGEND), unit="percentunit", lines=True, thresholds=steps((None, CLEAR), (0.25, WARNING)), no_value="no quotas"),
                graph("Which use the memory?", "Working set: what cannot be reclaimed. It is what the OOM killer looks at.", query(MEMORY, LEGEND), unit="bytes", stack=True),
                graph("Which near their limit?", "Working set as a share of the limit.", query(f"{MEMORY} / {LIMIT}", LEGEND), unit="percentunit", lines=True,
                      thresholds=steps((None, CLEAR), (0.9, WARNING)), no_value="no limits"),
            ),
            row(
                "Network and disks",
                graph("Traffic", "Received above, sent below the axis.", query(by_name(rate("network_receive_bytes_total")), LEGEND + " in"),
                      query(by_name(rate("network_transmit_bytes_total")), LEGEND + " out"), unit="Bps", low=None, overrides=[below("/ out$/")], full=1, no_value="no own network"),
                graph("Network trouble", "Packets that were broken or dropped.",
                      query(by_name(f"{rate('network_receive_errors_total')} + {rate('network_receive_packets_dropped_total')}"), LEGEND + " in"),
                      query(by_name(f"{rate('network_transmit_errors_total')} + {rate('network_transmit_packets_dropped_total')}"), LEGEND + " out"),
                      unit="pps", full=1, no_value="no own network"),
                graph("Disk bytes", "Read above, written below the axis.", query(by_name(rate("fs_reads_bytes_total")), LEGEND + " read"),
                      query(by_name(rate("fs_writes_bytes_total")), LEGEND + " write"), unit="Bps", low=None, overrides=[below("/ write$/")], full=1, no_value="no I/O"),
                graph("Pressure", "Share of time in which some task of the container waited for CPU, memory or disks.",
                      *(query(by_name(rate(f"pressure_{what}_waiting_seconds_total"), "max"), f"{LEGEND} {what}") for what in ("cpu", "memory", "io")),
                      unit="percentunit", no_value="no pressure figures"),
            ),
            row(
                "Health and restarts",
                states("Healthy?", "What each container's own health check says, where it has one.",
                       query(f"max by ({KEYS}) ({container('health_state')})", LEGEND), mappings=HEALTH, size=(12, 7), no_value="no health checks"),
                graph("OOM kills", "Processes of a container that were killed for lack of memory.",
                      query(f"sum by ({KEYS}) (increase({container('oom_events_total')}[$__rate_interval]))", LEGEND), unit="none", decimals=0, full=1,
                      colour=shades(BAD), size=(12, 7)),
            ),
        ],
        tags=["containers"],
        variables=[*common_variables("container_last_seen"),
                   query_variable("name", "Container", f'label_values(container_last_seen{{{ME}, name!=""}}, name)')],
        annotations=[annotation("Starts", f"{container('start_time_seconds')} * 1000", NEUTRAL, title="Start", text="{{name}} started", tags="name", time_from_value=True)],
        time="now-6h", down=("The host that runs them", "fournines-host"),
    )


BOARDS = {"containers": containers}
