// Alerting as configured: the `alerting:` block with every default filled in. The configuration
// loader fills it; the pager reads it. Immutable once given to the pager.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace alerts {

// Where the runbook pages of alerts/runbooks/ can be read; the shipped rules link there, too.
inline constexpr char kDefaultRunbookUrl[] =
    "https://github.com/fournines/fournines/blob/main/alerts/runbooks";

// Files are read at each new connection.
struct TlsSpec {
  std::string ca_file;    // instead of the system's authorities
  std::string cert_file;  // our own certificate, PEM, and its key
  std::string key_file;
  bool insecure_skip_verify = false;
  bool operator==(const TlsSpec&) const = default;
};

// Where something is sent. Credentials are named by file and read at each send, so that a rotated
// secret needs no reload. At most one of the two kinds; files that everybody may read are refused
// when they are read.
struct EndpointSpec {
  // Of an Alertmanager: "http://am-1:9093", may have a path prefix; no user, query or fragment.
  std::string url;
  std::string basic_auth_username;
  std::string basic_auth_password_file;
  std::string bearer_token_file;
  TlsSpec tls;
  bool operator==(const EndpointSpec&) const = default;
};

struct AlertingSpec {
  // Every member of a cluster by itself, never a load balancer before them: Alertmanagers share
  // silences and what was notified, but not alerts.
  std::vector<EndpointSpec> alertmanagers;

  // Told directly, in the form in which Alertmanager tells its webhooks: once when an alert fires
  // and once when it is over.
  std::vector<EndpointSpec> webhooks;

  // Asked for each resend delay while the judge runs; a dead man's switch that pages when nobody
  // asks any more. "" for none.
  std::string heartbeat_url;
  // An alert that always fires, for the same purpose behind an Alertmanager.
  bool watchdog = false;

  // Added to every alert. Hosts whose objectives have the same names must differ here, or their
  // alerts are one alert to Alertmanager: the loader sets `instance` to the host's name unless
  // the user set it.
  std::map<std::string, std::string> external_labels;

  // "http://host:9999", how people reach our own page; generatorURL points there.
  std::string external_url;
  std::string grafana_url;  // "" makes dashboard_url a path
  std::string runbook_url = kDefaultRunbookUrl;

  std::int64_t resend_delay_ms = 60'000;
  std::int64_t resolved_retention_ms = 15 * 60'000;  // resolved alerts are repeated that long
  std::int64_t commit_wait_ms = 2'000;               // how long a page waits for the disk
  std::int64_t send_timeout_ms = 10'000;             // one request in all, name look-up included

  bool operator==(const AlertingSpec&) const = default;
};

}  // namespace alerts
