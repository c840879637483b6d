"""Hosts: the fleet at a glance, and one host by utilisation, saturation and errors (USE)."""

from parts import *

FLEET, HOST = "fournines-fleet", "fournines-host"

ME = 'job=~"$job", instance=~"$instance"'
DISKS = 'device=~"[a-z]+|nvme[0-9]+n[0-9]+|mmcblk[0-9]+|md[0-9]+|dm-[0-9]+"'
REAL = 'fstype!~"autofs|erofs|iso9660|nsfs|overlay|ramfs|squashfs|tmpfs"'
NETS = 'device!~"lo|veth.*"'

BUSY = above_is_bad(0.7, 0.9)
PRESSURE = above_is_bad(0.1, 0.3)
FULL = above_is_bad(0.8, 0.95)


def node(metric, more="", labels=ME):
    return f"node_{metric}{{{labels}{', ' + more if more else ''}}}"


def rate(metric, more=""):
    return f"rate({node(metric, more)}[$__rate_interval])"


IDLE = node("cpu_seconds_total", 'mode="idle"')  # one series for each CPU
CPU_BUSY = f"""1 - avg by (instance) (sum by (instance, cpu) ({rate('cpu_seconds_total', 'mode=~"idle|iowait|steal"')}))"""
MEMORY_USED = f"1 - {node('memory_MemAvailable_bytes')} / {node('memory_MemTotal_bytes')}"
DISK_BUSY = f"max by (instance) ({rate('disk_io_time_seconds_total', DISKS)})"
SPACE_USED = f"1 - {node('filesystem_avail_bytes', REAL)} / {node('filesystem_size_bytes', REAL)}"
NET_IN = f"sum by (instance) ({rate('network_receive_bytes_total', NETS)})"
NET_OUT = f"sum by (instance) ({rate('network_transmit_bytes_total', NETS)})"
NET_ERRORS = " + ".join(
    f"sum by (instance) ({rate(f'network_{way}_{kind}_total', NETS)})" for way in ("receive", "transmit") for kind in ("errs", "drop")
)


def stalled(resource, kind="waiting"):
    return rate(f"pressure_{resource}_{kind}_seconds_total")


def reboots():
    return annotation("Reboots", f"{node('boot_time_seconds')} * 1000", NEUTRAL, title="Reboot", text="{{instance}} started",
                      tags="instance", time_from_value=True)


def fleet_table():
    down = link("This host", HOST, instance="${__data.fields.Host}")
    share = dict(decimals=0)
    return table(
        "All hosts",
        "How busy, how crowded and how healthy each host is. A click on a name shows the host. Sort by what hurts.",
        [
            ("Up", f"max by (instance) (up{{{ME}}})", coloured(steps((None, BAD), (1, GOOD)), mappings=words(up=(1, GOOD), down=(0, BAD)), custom__width=60)),
            ("Started", f"max by (instance) ({node('boot_time_seconds')}) * 1000", {"unit": "dateTimeFromNow", "custom__width": 115}),
            ("CPUs", f"count by (instance) ({IDLE})", {"decimals": 0, "custom__width": 60}),
            ("CPU", CPU_BUSY, bar_cell(BUSY, **share)),
            ("CPU waits", f"max by (instance) ({stalled('cpu')})", coloured(PRESSURE, unit="percentunit", decimals=1)),
            ("Memory", f"max by (instance) ({MEMORY_USED})", bar_cell(BUSY, **share)),
            ("Mem stalls", f"max by (instance) ({stalled('memory', 'stalled')})", coloured(PRESSURE, unit="percentunit", decimals=1)),
            ("Disk busy", DISK_BUSY, bar_cell(BUSY, **share)),
            ("I/O stalls", f"max by (instance) ({stalled('io', 'stalled')})", coloured(PRESSURE, unit="percentunit", decimals=1)),
            ("Fullest FS", f"max by (instance) ({SPACE_USED})", bar_cell(FULL, **share)),
            ("Net in", NET_IN, {"unit": "Bps", "decimals": 1}),
            ("Net out", NET_OUT, {"unit": "Bps", "decimals": 1}),
            ("Net errors", NET_ERRORS, coloured(above_is_bad(0.1, 10), unit="pps", decimals=1)),
        ],
        keys={"instance": ("Host", down)}, sort="CPU", descending=True, size=(24, 9), no_value="–",
    )


def fleet():
    count = lambda condition: f"count({condition}) or vector(0)"
    return board(
        FLEET, "Fleet: which host hurts?", "All hosts with utilisation, saturation and errors at a glance.",
        [
            row(
                "Now",
                stat("Hosts", "Hosts that Prometheus scrapes.", query(f"count(up{{{ME}}})", instant=True), unit="none", colour=NEUTRAL, size=(4, 4)),
                stat("Not answering", "Hosts whose last scrape failed.", query(count(f"up{{{ME}}} == 0"), instant=True), unit="none",
                     thresholds=steps((None, GOOD), (1, BAD)), size=(4, 4)),
                stat("Busy CPUs", "Hosts whose CPUs are more than 90 % busy.", query(count(f"{CPU_BUSY} > 0.9"), instant=True), unit="none",
                     thresholds=steps((None, GOOD), (1, WARNING)), size=(4, 4)),
                stat("Short of memory", "Hosts with less than a tenth of their memory available.",
                     query(count(f"{MEMORY_USED} > 0.9"), instant=True), unit="none", thresholds=steps((None, GOOD), (1, WARNING)), size=(4, 4)),
                stat("Full file systems", "File systems that are more than 95 % full.",
                     query(count(f"{SPACE_USED} > 0.95"), instant=True), unit="none", thresholds=steps((None, GOOD), (1, BAD)), size=(4, 4)),
                stat("Rebooted today", "Hosts that started in the last 24 hours.",
                     query(count(f"time() - {node('boot_time_seconds')} < 86400"), instant=True), unit="none",
                     thresholds=steps((None, GOOD), (1, WARNING)), size=(4, 4)),
                fleet_table(),
            ),
            row(
                "History",
                graph("Busiest CPUs", "Share of CPU time in use. Above 90 % for long, work queues up.",
                      query(CPU_BUSY, "{{instance}}"), unit="percentunit", high=1),
                graph("Fullest memories", "Share of each host's memory in use: all but what the kernel calls available.",
                      query(MEMORY_USED, "{{instance}}"), unit="percentunit", high=1),
                graph("Busiest disks", "The busiest disk of each host: share of time with at least one request under way.",
                      query(DISK_BUSY, "{{instance}}"), unit="percentunit"),
                graph("Traffic", "Received above, sent below the axis, without loopback and containers' pairs.",
                      query(NET_IN, "{{instance}} in"), query(NET_OUT, "{{instance}} out"), unit="Bps", low=None, full=1, overrides=[below("/ out$/")]),
            ),
        ],
        tags=["host"], variables=common_variables("node_uname_info"), annotations=[reboots()], down=("This host", HOST),
    )


def top_of_host():
    return row(
        "Now",
        gauge("CPU", "Share of CPU time in use, without waiting for disks.", query(CPU_BUSY, instant=True), thresholds=BUSY, decimals=0),
        gauge("Memory", "Share of memory that is neither free nor quickly reclaimed.", query(MEMORY_USED, instant=True), thresholds=BUSY, decimals=0),
        gauge("Busiest disk", "Share of time with at least one request under way.", query(DISK_BUSY, instant=True), thresholds=BUSY, decimals=0),
        gauge("Fullest file system", "Share of space that is used.", query(f"max by (instance) ({SPACE_USED})", instant=True), thresholds=FULL, decimals=0),
        stat("Load per CPU", "Tasks that run, wait for a CPU or for a disk, for each CPU, over one minute. Above 1 something waits.",
             query(f"sum({node('load1')}) / count({IDLE})", instant=True),
             unit="none", decimals=2, thresholds=above_is_bad(1, 2), size=(4, 5)),
        stat("Running since", "When the host started.", query(f"max({node('boot_time_seconds')}) * 1000", instant=True),
             unit="dateTimeFromNow", colour=NEUTRAL, size=(4, 5)),
    )


def cpu_row():
    return row(
        "CPU",
        graph("What do the CPUs do?", "Share of all CPU time by kind. Steal is time that the hypervisor gave to others.",
              query(f"avg by (mode) (sum by (mode, cpu) ({rate('cpu_seconds_total')}))", "{{mode}}"), unit="percentunit", stack=True, high=1,
              overrides=[override("idle", custom__hideFrom={"tooltip": True, "viz": True, "legend": True}),
                         *fixed_each(user=NEUTRAL, nice="#A7CDED", system="#2F6FB0", irq=OTHER, softirq="#8A6FC0", iowait=WARNING, steal=BAD)]),
        graph("Do tasks wait?", "Pressure: share of time in which some task waited for a CPU, for memory or for a disk.",
              *(query(stalled(what), f"{name} waits") for what, name in (("cpu", "CPU"), ("memory", "memory"), ("io", "I/O"))),
              unit="percentunit", lines=True, thresholds=steps((None, CLEAR), (0.1, WARNING), (0.5, BAD))),
        graph("Load", "Tasks that run or wait, averaged over 1, 5 and 15 minutes. Compare with the number of CPUs.",
              *(query(node(f"load{n}"), f"{n} min") for n in (1, 5, 15)), query(f"count({IDLE})", "CPUs"),
              unit="none", decimals=1, overrides=[override("CPUs", color=fixed(UNKNOWN), custom__lineStyle={"fill": "dash", "dash": [8, 8]}, custom__fillOpacity=0)]),
        graph("Switches, interrupts, forks", "How often the kernel changed tasks, was interrupted, and made processes.",
              query(rate("context_switches_total"), "switches"), query(rate("intr_total"), "interrupts"), query(rate("forks_total"), "forks"), unit="ops"),
    )


def memory_row():
    parts = (("Buffers", "buffers"), ("Cached", "cache"), ("SReclaimable", "slab that is reclaimed"), ("SUnreclaim", "slab that is not"),
             ("AnonPages", "programs"), ("MemFree", "free"))
    return row(
        "Memory",
        graph("What is it used for?", "Physical memory by use. Cache and reclaimable slab are given back when programs need them.",
              *(query(node(f"memory_{name}_bytes"), text) for name, text in parts), unit="bytes", stack=True,
              overrides=fixed_each(free=GOOD, programs=NEUTRAL, cache="#A7CDED", buffers="#D3E6F6", slab_that_is_reclaimed=OTHER, slab_that_is_not="#8A6FC0")),
        graph("How much is left?", "What programs can still have without swapping.", query(node("memory_MemAvailable_bytes"), "available"),
              query(node("memory_MemTotal_bytes"), "total"), unit="bytes", overrides=[override("total", color=fixed(UNKNOWN), custom__fillOpacity=0)]),
        graph("Is it swapping?", "Pages read from swap above, written below the axis, and major faults. Anything steady here hurts.",
              query(rate("vmstat_pswpin"), "swapped in"), query(rate("vmstat_pswpout"), "swapped out"), query(rate("vmstat_pgmajfault"), "major faults"),
              unit="ops", low=None, full=1, overrides=[below("swapped out")]),
        graph("Killed for lack of memory", "Processes that the kernel killed because memory ran out.",
              query(f"increase({node('vmstat_oom_kill')}[$__rate_interval])", "killed"), unit="none", decimals=0, full=1,
              overrides=[override("killed", color=fixed(BAD))]),
    )


def disk_row():
    return row(
        "Disks",
        graph("How busy?", "Share of time with at least one request under way.", query(rate("disk_io_time_seconds_total", DISKS), "{{device}}"), unit="percentunit"),
        graph("How slow?", "Mean time of a request, reads above, writes below the axis.",
              query(f"{rate('disk_read_time_seconds_total', DISKS)} / ({rate('disk_reads_completed_total', DISKS)} > 0)", "{{device}} read"),
              query(f"{rate('disk_write_time_seconds_total', DISKS)} / ({rate('disk_writes_completed_total', DISKS)} > 0)", "{{device}} write"),
              unit="s", low=None, overrides=[below("/ write$/")], no_value="no requests"),
        graph("How much?", "Bytes read above, written below the axis.", query(rate("disk_read_bytes_total", DISKS), "{{device}} read"),
              query(rate("disk_written_bytes_total", DISKS), "{{device}} write"), unit="Bps", low=None, overrides=[below("/ write$/")]),
        graph("How many wait?", "Mean number of requests under way: above 1 they queue up.",
              query(rate("disk_io_time_weighted_seconds_total", DISKS), "{{device}}"), unit="none", decimals=1),
    )


def network_row():
    return row(
        "Network",
        graph("How much?", "Received above, sent below the axis.", query(rate("network_receive_bytes_total", NETS), "{{device}} in"),
              query(rate("network_transmit_bytes_total", NETS), "{{device}} out"), unit="Bps", low=None, full=1, overrides=[below("/ out$/")]),
        graph("Errors and drops", "Packets that were broken or thrown away. Zero is normal.",
              *(query(rate(f"network_{way}_{kind}_total", NETS), f"{{{{device}}}} {way} {kind}") for way in ("receive", "transmit") for kind in ("errs", "drop")),
              unit="pps", full=1, no_value="no network devices"),
        graph("TCP connections", "Connections that are established, and those in TIME_WAIT.", query(node("netstat_Tcp_CurrEstab"), "established"),
              query(node("sockstat_TCP_tw"), "time wait"), unit="none", decimals=0),
        graph("TCP trouble", "Segments sent again, connections refused because a queue was full, timeouts.",
              query(rate("netstat_Tcp_RetransSegs"), "sent again"), query(rate("netstat_TcpExt_ListenOverflows"), "queue full"),
              query(rate("netstat_TcpExt_TCPTimeouts"), "timeouts"), unit="ops"),
    )


def filesystem_row():
    where = f"{node('filesystem_avail_bytes', REAL)}"
    return row(
        "File systems",
        table("How full?", "Space and files of each file system, and how many hours until it is full at the pace of the last six hours.",
              [
                  ("Used", f"max by (mountpoint, device, fstype) ({SPACE_USED})", bar_cell(FULL, decimals=0, custom__width=110)),
                  ("Left", f"max by (mountpoint, device, fstype) ({where})", {"unit": "bytes"}),
                  ("Size", f"max by (mountpoint, device, fstype) ({node('filesystem_size_bytes', REAL)})", {"unit": "bytes"}),
                  ("Files used", f"max by (mountpoint, device, fstype) (1 - {node('filesystem_files_free', REAL)} / ({node('filesystem_files', REAL)} > 0))",
                   bar_cell(FULL, decimals=0)),
                  ("Full in", f"max by (mountpoint, device, fstype) ({where} / (- deriv({where}[6h]) > 0))", {"unit": "s"}),
                  ("Writable", f"max by (mountpoint, device, fstype) ({node('filesystem_readonly', REAL)})",
                   {"mappings": words(writable=(0, GOOD), read_only=(1, WARNING)), "custom__cellOptions": {"type": "color-text"}}),
              ],
              keys={"mountpoint": "Mounted at", "device": "Device", "fstype": "Type"}, widths={"device": 210, "mountpoint": 210}, size=(24, 8), sort="Used", descending=True, no_value="–"),
        graph("Space used over time", "Share of the space in use.", query(SPACE_USED, "{{mountpoint}}"), unit="percentunit", high=1),
        graph("Files used over time", "Share of the files (inodes) in use, where a file system has a fixed number of them.",
              query(f"1 - {node('filesystem_files_free', REAL)} / ({node('filesystem_files', REAL)} > 0)", "{{mountpoint}}"), unit="percentunit", high=1),
    )


def limits_row():
    return row(
        "Limits and hardware",
        graph("Open files", "File handles in use, of those the kernel allows.", query(f"{node('filefd_allocated')} / {node('filefd_maximum')}", "share of the limit"),
              unit="percentunit", high=1, lines=True, thresholds=steps((None, CLEAR), (0.7, WARNING), (0.9, BAD))),
        graph("Clock", "How far the clock is from its reference, as the kernel knows it.", query(node("timex_offset_seconds"), "offset"),
              query(node("timex_maxerror_seconds"), "may be off by"), unit="s", low=None, no_value="the timex collector is off"),
        graph("Temperatures", "Sensors of the board, where the machine has them.", query(node("hwmon_temp_celsius"), "{{chip}} {{sensor}}"), unit="celsius",
              no_value="no sensors"),
        graph("Connection tracking", "Entries of the table that firewalls keep, of those it may hold.",
              query(f"{node('nf_conntrack_entries')} / {node('nf_conntrack_entries_limit')}", "share of the table"),
              unit="percentunit", high=1, lines=True, thresholds=steps((None, CLEAR), (0.75, WARNING)), no_value="no firewall"),
        collapsed=True,
    )


def host():
    return board(
        HOST, "Host: where does it hurt?", "One host by utilisation, saturation and errors: CPU, memory, disks, network, file systems.",
        [top_of_host(), cpu_row(), memory_row(), disk_row(), network_row(), filesystem_row(), limits_row()],
        tags=["host"], variables=common_variables("node_uname_info", one_instance=True), annotations=[reboots()], time="now-6h", down=("Its containers", "fournines-containers"),
        links=[leads_to("Its containers", "fournines-containers")],
    )


BOARDS = {"fleet": fleet, "host": host}
