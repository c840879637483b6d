"""One line per shipped alert of hosts, containers, objectives and the daemon itself: what one step below it looks like, what
makes it fire, and what it then says. rule_timeline.py makes a test of each.
"""

from rule_timeline import Case, always, counter, gauge, gone, raw

ON_DISK = {"device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/srv"}
DISK = '{device="/dev/sda1",fstype="ext4",mountpoint="/srv"}'
SDA, ETH = {"device": "sda"}, {"device": "eth0"}
SHOP = {"job": "cadvisor", "instance": "web-1:9100", "name": "shop", "id": "/docker/1", "image": "shop:7"}
OWN = {"job": "fournines", "instance": "web-1:9999"}
SLO = {"job": "fournines", "instance": "web-1:9999", "service": "shop", "slo": "website"}
FLEET = ("job", "instance")
MON = {"job": "prometheus", "instance": "mon:9090"}


def disk(**values):
    """A file system of 1000 bytes and 1000 inodes, but for the values given."""
    kinds = {"avail_bytes": always(900), "size_bytes": always(1000), "files_free": always(900), "files": always(1000),
             "readonly": always(0)} | values
    return {f"node_filesystem_{kind}{DISK}": value for kind, value in kinds.items()}


def falling(first, step=1):
    """By step each minute while it is quiet and bad, then plenty again."""
    return lambda start, end, after: f"{first}-{step}x{end - 1} 1000x{after}"


def memory(quiet, bad):
    return {"node_memory_MemAvailable_bytes": gauge(quiet, bad), "node_memory_MemTotal_bytes": always(100)}


# Of rates over five and ten minutes: they see the first bad minute one later, and the last for as long as they reach.
RATE2, RATE5, RATE10 = {"lag": 1, "hold": 2}, {"lag": 1, "hold": 5}, {"lag": 1, "hold": 10}
RATE60 = {"lag": 1, "hold": 60}

HOST = [
    Case("HostDown", {"up": gauge(1, 0)}),
    Case("HostMetricsAbsent", {"up": gone(1)}, without=("instance",)),
    # The fifth change within half an hour is one too many; at the 61st minute the second is too old to count.
    Case("HostFlapping", {"up": raw("1x29 0 1 0 1 0 1x90")}, "6", lag=4, bad=6, hold=25),
    Case("HostFlapping", {"up": raw("1x29 0 1 0 1x90")}, never=True),
    Case("HostRebooted", {"node_boot_time_seconds": raw("-600x29 1800x120")}, "9m 0s", bad=10),

    Case("NodeFilesystemSpaceFillingUp", disk(avail_bytes=falling(429)), "33%", ON_DISK, severity="warning"),
    Case("NodeFilesystemSpaceFillingUp", disk(avail_bytes=falling(229)), "13%", ON_DISK, severity="critical",
         also=("warning",)),
    Case("NodeFilesystemSpaceFillingUp", disk(avail_bytes=falling(399, 0.2)), never=True),
    Case("NodeFilesystemSpaceFillingUp", disk(avail_bytes=falling(229), readonly=always(1)), never=True),
    Case("NodeFilesystemAlmostOutOfSpace", disk(avail_bytes=gauge(50, 30)), "3%", ON_DISK, severity="warning"),
    Case("NodeFilesystemAlmostOutOfSpace", disk(avail_bytes=gauge(30, 29)), "2.9%", ON_DISK, severity="critical",
         also=("warning",)),
    Case("NodeFilesystemFilesFillingUp", disk(files_free=falling(429)), "33%", ON_DISK, severity="warning"),
    Case("NodeFilesystemFilesFillingUp", disk(files_free=falling(229)), "13%", ON_DISK, severity="critical",
         also=("warning",)),
    Case("NodeFilesystemFilesFillingUp", disk(files_free=falling(399, 0.2)), never=True),
    Case("NodeFilesystemAlmostOutOfFiles", disk(files_free=gauge(50, 30)), "3%", ON_DISK, severity="warning"),
    Case("NodeFilesystemAlmostOutOfFiles", disk(files_free=gauge(30, 29)), "2.9%", ON_DISK, severity="critical",
         also=("warning",)),
    Case("NodeFilesystemReadOnly", disk(readonly=gauge(0, 1)), labels=ON_DISK, quiet=70),
    Case("NodeFilesystemReadOnly", disk(readonly=always(1)), never=True, quiet=70),
    Case("NodeFilesystemDeviceError", {f"node_filesystem_device_error{DISK}": gauge(0, 1)}, labels=ON_DISK),

    Case("NodeMemoryHighUtilization", memory(10, 9), "91%"),
    Case("NodeOOMKill", {"node_vmstat_oom_kill": counter(0, 1)}, "10", **RATE10),
    Case("NodeMemoryMajorPagesFaults", {"node_vmstat_pgmajfault": counter(29999, 60000)}, "1k", **RATE5),
    Case("NodeMemoryPressure", {"node_pressure_memory_stalled_seconds_total": counter(5.9, 30)}, "50%", **RATE5),
    Case("NodeSwapFilling", {"node_memory_SwapFree_bytes": gauge(20, 19), "node_memory_SwapTotal_bytes": always(100)},
         "81%"),
    Case("NodeSwapFilling", {"node_memory_SwapFree_bytes": always(0), "node_memory_SwapTotal_bytes": always(0)},
         never=True),
    Case("NodeCPUHighUsage", {'node_cpu_seconds_total{cpu="0",mode="user"}': counter(53.9, 60)}, "100%", **RATE2),
    Case("NodeSystemSaturation", {"node_load1": gauge(4, 4.1), 'node_cpu_seconds_total{cpu="0",mode="idle"}': always(1),
                                  'node_cpu_seconds_total{cpu="1",mode="idle"}': always(1)}, "2.05"),
    Case("NodeCPUPressure", {"node_pressure_cpu_waiting_seconds_total": counter(29.9, 60)}, "100%", **RATE5),
    Case("NodeCPUSteal", {'node_cpu_seconds_total{cpu="0",mode="steal"}': counter(5.9, 30)}, "50%", **RATE5),

    Case("NodeDiskIOSaturation", {'node_disk_io_time_weighted_seconds_total{device="sda"}': counter(599, 1200)}, "20",
         SDA, **RATE5),
    Case("NodeDiskLatencyHigh", {'node_disk_read_time_seconds_total{device="sda"}': counter(11.9, 60),
                                 'node_disk_reads_completed_total{device="sda"}': counter(120, 120)}, "500ms", SDA,
         **RATE5),
    Case("NodeDiskLatencyHigh", {'node_disk_write_time_seconds_total{device="sda"}': counter(11.9, 60),
                                 'node_disk_writes_completed_total{device="sda"}': counter(120, 120)}, "500ms", SDA,
         **RATE5),
    Case("NodeDiskLatencyHigh", {'node_disk_read_time_seconds_total{device="sda"}': counter(60, 60),
                                 'node_disk_reads_completed_total{device="sda"}': counter(59, 59)}, never=True),
    Case("NodeIOPressure", {"node_pressure_io_stalled_seconds_total": counter(17.9, 60)}, "100%", **RATE5),
    Case("NodeRAIDDegraded", {'node_md_disks_required{device="md0"}': always(2),
                              'node_md_disks{device="md0",state="active"}': gauge(2, 1)}, "1", {"device": "md0"}),
    Case("NodeRAIDDiskFailure", {'node_md_disks{device="md0",state="failed"}': gauge(0, 1)}, "1",
         {"device": "md0", "state": "failed"}),
    Case("NodeFileDescriptorLimit", {"node_filefd_allocated": gauge(70, 90), "node_filefd_maximum": always(100)},
         "90%", severity="warning"),
    Case("NodeFileDescriptorLimit", {"node_filefd_allocated": gauge(90, 91), "node_filefd_maximum": always(100)},
         "91%", severity="critical", also=("warning",)),

    Case("NodeNetworkReceiveErrs", {'node_network_receive_errs_total{device="eth0"}': counter(0.99, 5),
                                    'node_network_receive_packets_total{device="eth0"}': counter(100, 100)}, "5%", ETH,
         **RATE2),
    Case("NodeNetworkTransmitErrs", {'node_network_transmit_errs_total{device="eth0"}': counter(0.99, 5),
                                     'node_network_transmit_packets_total{device="eth0"}': counter(100, 100)}, "5%",
         ETH, **RATE2),
    Case("NodeNetworkSaturated", {'node_network_receive_bytes_total{device="eth0"}': counter(47900, 60000),
                                  'node_network_speed_bytes{device="eth0"}': always(1000)}, "100%", ETH, **RATE5),
    Case("NodeNetworkSaturated", {'node_network_transmit_bytes_total{device="eth0"}': counter(47900, 60000),
                                  'node_network_speed_bytes{device="eth0"}': always(1000)}, "100%", ETH, **RATE5),
    Case("NodeNetworkSaturated", {'node_network_receive_bytes_total{device="eth0"}': counter(60000, 60000),
                                  'node_network_speed_bytes{device="eth0"}': always(0)}, never=True),
    # Ten changes, one a minute: the third one within five minutes is one too many.
    Case("NodeNetworkInterfaceFlapping", {'node_network_up{device="eth0"}': raw("1x29 0 1 0 1 0 1 0 1 0 1 1x90")}, "5",
         ETH, lag=2, bad=10, hold=2),
    Case("NodeNetworkInterfaceFlapping", {'node_network_up{device="eth0"}': raw("1x29 0 1x90")}, never=True),
    Case("NodeBondingDegraded", {'node_bonding_slaves{master="bond0"}': always(2),
                                 'node_bonding_active{master="bond0"}': gauge(2, 1)}, "1", {"master": "bond0"}),
    Case("NodeHighNumberConntrackEntriesUsed", {"node_nf_conntrack_entries": gauge(75, 76),
                                                "node_nf_conntrack_entries_limit": always(100)}, "76%"),

    Case("NodeClockSkewDetected", {"node_timex_offset_seconds": gauge(0.05, 0.06)}, "60ms"),
    Case("NodeClockSkewDetected", {"node_timex_offset_seconds": gauge(-0.05, -0.06)}, "-60ms"),
    Case("NodeClockSkewDetected", {"node_timex_offset_seconds": raw("0.5-0.001x120")}, never=True),
    Case("NodeClockNotSynchronising", {"node_timex_sync_status": gauge(1, 0),
                                       "node_timex_maxerror_seconds": always(16)}, hold=5),
    Case("NodeClockNotSynchronising", {"node_timex_sync_status": always(0),
                                       "node_timex_maxerror_seconds": always(15)}, never=True),
    Case("NodeEDACUncorrectable", {'node_edac_uncorrectable_errors_total{controller="0"}': counter(0, 1)}, "10",
         {"controller": "0"}, **RATE60),
    Case("NodeTemperatureHigh", {'node_hwmon_temp_celsius{chip="cpu",sensor="temp1"}': gauge(90, 91),
                                 'node_hwmon_temp_crit_celsius{chip="cpu",sensor="temp1"}': always(90)}, "91",
         {"chip": "cpu", "sensor": "temp1"}),
    Case("NodeTemperatureHigh", {'node_hwmon_temp_celsius{chip="cpu",sensor="temp1"}': gauge(80, 81),
                                 'node_hwmon_temp_max_celsius{chip="cpu",sensor="temp1"}': always(80)}, "81",
         {"chip": "cpu", "sensor": "temp1"}),
    Case("NodeSystemdServiceFailed", {'node_systemd_unit_state{name="db.service",state="failed"}': gauge(0, 1)},
         labels={"name": "db.service", "state": "failed"}),
    Case("NodeSystemdServiceCrashlooping", {'node_systemd_service_restart_total{name="db.service"}': counter(0.39, 1)},
         "5", {"name": "db.service"}, **RATE5),
    Case("NodeTextFileCollectorScrapeError", {"node_textfile_scrape_error": gauge(0, 1)}),
    Case("NodeCollectorFailed", {'node_scrape_collector_success{collector="zfs"}': gauge(1, 0)},
         labels={"collector": "zfs"}),
    Case("NodeCollectorFailed", {'node_scrape_collector_success{collector="zfs"}': always(0),
                                 'fournines_collector_state{collector="zfs",state="absent"}': always(1)}, never=True),
]

CONTAINERS = [
    Case("ContainerOOMKilled", {"container_oom_events_total": counter(0, 1)}, "10", without=("id", "image"),
         target=SHOP, **RATE10),
    Case("ContainerOOMKilled", {"container_oom_events_total": counter(0, 1),
                                "fournines_container_oom_kills_total": counter(0, 1)}, "10", without=("id", "image"),
         target=SHOP, **RATE10),
    Case("ContainerRestarting", {"container_start_time_seconds": raw("1x29 2 3 4 4x90")}, "3", target=SHOP, lag=2,
         bad=3, hold=12),
    Case("ContainerRestarting", {"container_start_time_seconds": raw("1x29 2 3 3x90")}, target=SHOP, never=True),
    Case("ContainerVanished", {'container_last_seen{container_label_fournines_watch="true"}':
                               raw("0+60x29 stale _x19 3000+60x90")}, "20m 0s", without=("id", "image"), target=SHOP,
         lag=2, bad=20),
    Case("ContainerVanished", {"container_last_seen": raw("0+60x29 stale _x90")}, target=SHOP, never=True),
    Case("ContainerUnhealthy", {"container_health_state": gauge(1, 0)}, target=SHOP),
    Case("ContainerUnhealthy", {"container_health_state": always(-1)}, target=SHOP, never=True),
    Case("ContainerMemoryNearLimit", {"container_memory_working_set_bytes": gauge(90, 91),
                                      "container_spec_memory_limit_bytes": always(100)}, "91%", target=SHOP),
    Case("ContainerMemoryNearLimit", {"container_memory_working_set_bytes": always(91),
                                      "container_spec_memory_limit_bytes": always(0)}, target=SHOP, never=True),
    Case("ContainerMemoryNearLimit", {"container_memory_working_set_bytes": always(9.2e18),
                                      "container_spec_memory_limit_bytes": always(9.2e18)}, target=SHOP, never=True),
    Case("ContainerCPUThrottlingHigh", {"container_cpu_cfs_throttled_periods_total": counter(24, 60),
                                        "container_cpu_cfs_periods_total": counter(100, 100)}, "60%", target=SHOP,
         **RATE5),
    Case("ContainerCPUNearQuota", {"container_cpu_usage_seconds_total": counter(53.9, 60),
                                   "container_spec_cpu_quota": always(100000),
                                   "container_spec_cpu_period": always(100000)}, "100%", without=("id", "image"),
         target=SHOP, **RATE5),
    Case("ContainerMemoryPressure", {"container_pressure_memory_stalled_seconds_total": counter(5.9, 30)}, "50%",
         target=SHOP, **RATE5),
    Case("ContainerFilesystemFilling", {'container_fs_usage_bytes{device="/dev/sda1"}': gauge(90, 91),
                                        'container_fs_limit_bytes{device="/dev/sda1"}': always(100)}, "91%",
         {"device": "/dev/sda1"}, target=SHOP),
    Case("ContainerNetworkErrors", {'container_network_receive_errors_total{interface="eth0"}': counter(30, 60),
                                    'container_network_transmit_errors_total{interface="eth0"}': counter(29.9, 29.9)},
         "1.498", {"interface": "eth0"}, target=SHOP, **RATE5),
]

ITSELF = [
    Case("FourninesDown", {"up": gauge(1, 0)}, target=OWN),
    Case("FourninesAbsent", {"up": gone(1)}, without=("instance",), target=OWN),
    Case("FourninesScrapeSlow", {"scrape_duration_seconds": gauge(7.5, 8)}, "8s", target=OWN),
    Case("FourninesAlertSendFailing", {'fournines_alerts_send_failures_total{alertmanager="http://am:9093"}':
                                       counter(0, 1)}, "5", {"alertmanager": "http://am:9093"}, target=OWN, **RATE5),
    Case("FourninesAlertsDropped", {"fournines_alerts_dropped_total": counter(0, 1)}, "10", target=OWN, **RATE10),
    Case("PrometheusNotConnectedToAlertmanager", {"prometheus_notifications_alertmanagers_discovered": gauge(1, 0)},
         target=MON),
    Case("PrometheusRuleFailures", {'prometheus_rule_evaluation_failures_total{rule_group="host"}': counter(0, 1)},
         "5", {"rule_group": "host"}, target=MON, **RATE5),
    Case("Watchdog", {}, target={}, ever=True),
    Case("FourninesConfigReloadFailed", {"fournines_config_last_reload_successful": gauge(1, 0)}, target=OWN),
    Case("FourninesSourceUnreachable", {'fournines_source_up{source="prom"}': gauge(1, 0)}, labels={"source": "prom"}, target=OWN),
    Case("FourninesHistoryNotDurable", {"fournines_history_durable": gauge(1, 0)}, target=OWN),
    Case("FourninesHistoryNotDurable", {"fournines_state_write_errors_total": counter(0, 1)}, target=OWN, **RATE5),
    Case("FourninesHistoryDamaged", {"fournines_state_damaged": gauge(0, 1)}, target=OWN),
    Case("FourninesLoopLate", {"fournines_slo_late_ticks_total": counter(0.59, 6),
                               "fournines_slo_ticks_total": counter(60, 60)}, "10%", target=OWN, **RATE10),
    Case("FourninesCollectorStale", {'fournines_collector_state{collector="filesystem",state="stale"}': gauge(0, 1)},
         labels={"collector": "filesystem", "state": "stale"}, target=OWN),
    Case("FourninesGap", {'fournines_gap_seconds_total{cause="stalled"}': counter(0, 31),
                          'fournines_gap_seconds_total{cause="network"}': counter(0, 30)}, "10m 10s", target=OWN,
         **RATE60),
    Case("FourninesClockStep", {"fournines_clock_step_seconds_total": counter(0.09, 2)}, "20s", target=OWN, **RATE10),
]



def judged(down, bad, **more):
    """An objective of 99.99 % over 30 days, with its down time and bad events: 5.2 s of an hour page, 26 s of a day ticket."""
    return {'slo_state_seconds_total{state="down"}': down, 'slo_events_total{outcome="bad"}': bad,
            "slo_objective_ratio": always(0.9999), "slo_window_seconds": always(30 * 24 * 3600), **more}


PAGES = {'slo_burn_rate{window="5m"}': always(0)}
MAINTAINED = {'slo_state{state="excluded"}': always(1)}
# Half an hour with 2.4 s of down time, then two minutes with 3 s each, which leave the short window after five.
BURNING = {"lag": 1, "bad": 2, "hold": 5}
# 25.8 s of down time in half an hour, and one second more. That and those before it leave the short window of six hours.
CONSUMED = "0+0.86x30 26.8x500", "0+1x30 32x500"

OBJECTIVES = [
    Case("SLOBurnPage", judged(counter(0.08, 3), counter(0.5, 1)) | PAGES, "0.15%", target=SLO, without=FLEET, **BURNING),
    Case("SLOBurnPage", judged(counter(0.08, 3), counter(0, 0.5)) | PAGES, target=SLO, never=True, bad=2),  # one bad event
    Case("SLOBurnPage", judged(raw("0+0.17x30 5.1x90"), counter(0.5, 1)) | PAGES, target=SLO, never=True, bad=2),
    Case("SLOBurnPage", judged(counter(0.08, 3), counter(0.5, 1)) | PAGES | MAINTAINED, target=SLO, never=True, bad=2),
    Case("SLOBurnPage", judged(counter(0.08, 3), counter(0.5, 1)), target=SLO, never=True, bad=2),  # it must not page
    Case("SLOBurnTicket", judged(*map(raw, CONSUMED)), "0.03102%", target=SLO, without=FLEET, lag=2, bad=3, hold=357),
    Case("SLOBurnTicket", judged(*map(raw, CONSUMED)) | MAINTAINED, target=SLO, never=True),
    Case("SLOTargetDown", {"slo_incident_open": gauge(0, 1)} | PAGES, target=SLO, severity="critical"),
    Case("SLOTargetDown", {"slo_incident_open": gauge(0, 1)}, target=SLO, severity="warning"),
    Case("SLOTargetDown", {"slo_incident_open": always(1)} | PAGES | MAINTAINED, target=SLO, severity="critical", never=True),
    Case("SLOBudgetExhausted", {"slo_error_budget_remaining_ratio": gauge(0.001, 0)}, "0%", target=SLO),
    Case("SLOBudgetLow", {"slo_error_budget_remaining_ratio": gauge(0.25, 0.24)}, "24%", target=SLO),
    Case("SLOUnobserved", {'slo_coverage_ratio{window="1h"}': gauge(0.9, 0.89)}, "89%", {"window": "1h"}, target=SLO),
    Case("SLOFrozen", {"slo_stale": gauge(0, 1)}, target=SLO),
]

CASES = {"host": HOST, "containers": CONTAINERS, "fournines": ITSELF, "slo": OBJECTIVES}
