// Not affected
// Vulnerable: Clear CPU buffers attempted, no microcode; SMT Host state unknown
// Mitigation: usercopy/swapgs barriers and __user pointer sanitization
// KVM: Mitigation: VMX disabled
#include "exporter/host/cpu_vulnerabilities.h"

#include <vector>

namespace exporter {
namespace {

constexpr Family kInfo{"node_cpu_vulnerabilities_info",
                       "A flaw of the CPU and what the kernel does about it; always 1.",
                       MetricType::kGauge,
                       {"codename", "mitigation", "state"}};

// The text of a file under this label, or nothing.
bool cut_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  if (text.starts_with(": ")) text.remove_prefix(2);
  return true;
}

class CpuVulnerabilitiesCollector final : public Collector {
 public:
  explicit CpuVulnerabilitiesCollector(const HostContext& context) {
    const std::string directory = context.roots.sysfs + "/devices/system/cpu/vulnerabilities";
    for (const std::string& name : list_directory(directory)) {
      flaws_.push_back({name, KernelFile(directory + "/" + name)});
    }
    absent_ = directory;
  }

  std::string_view name() const override { return "cpu_vulnerabilities"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    if (flaws_.empty()) return fail(ErrorKind::kNotFound, absent_ + ": no files there");
    Result<void> result;
    out.family(kInfo);
    for (Flaw& flaw : flaws_) {
      const auto text = flaw.file.read(scrape.buffer);
      if (text) {
        const Vulnerability vulnerability = parse_vulnerability(*text);
        out.add(1, flaw.name, vulnerability.mitigation, vulnerability.state);
      } else if (result) {
        result = std::unexpected(text.error());
      }
    }
    return result;
  }

 private:
  struct Flaw {
    std::string name;
    KernelFile file;
  };
  std::vector<Flaw> flaws_;
  std::string absent_;
};

}  // namespace

Vulnerability parse_vulnerability(std::string_view text) {
  text = trimmed(text);
  if (text == "Not affected") return {"not affected", ""};
  std::string_view rest = text;
  cut_prefix(rest, "KVM");
  if (cut_prefix(rest, "Vulnerable")) return {"vulnerable", rest};
  if (cut_prefix(rest, "Mitigation")) return {"mitigation", rest};
  return {"unknown", text};
}

CollectorRow cpu_vulnerabilities_row() {
  return {"cpu_vulnerabilities",
          false,
          "flaws of the CPU and what is done about them (/sys/devices/system/cpu/vulnerabilities)",
          {},
          make_collector<CpuVulnerabilitiesCollector>};
}

}  // namespace exporter
