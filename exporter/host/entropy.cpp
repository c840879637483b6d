#include "exporter/host/entropy.h"

namespace exporter {
namespace {

constexpr Family kAvailable{"node_entropy_available_bits", "Bits of entropy at hand."};
constexpr Family kPoolSize{"node_entropy_pool_size_bits", "Bits of entropy that can be gathered."};

class EntropyCollector final : public Collector {
 public:
  explicit EntropyCollector(const HostContext& context)
      : available_(context.roots.procfs + "/sys/kernel/random/entropy_avail", FileShape::kOneLine),
        pool_size_(context.roots.procfs + "/sys/kernel/random/poolsize", FileShape::kOneLine) {}

  std::string_view name() const override { return "entropy"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto available = read_number(available_, scrape.buffer);
    out.family(kAvailable);
    if (available) out.add(*available);
    const auto pool_size = read_number(pool_size_, scrape.buffer);
    out.family(kPoolSize);
    if (pool_size) out.add(*pool_size);
    if (!available) return std::unexpected(available.error());
    if (!pool_size) return std::unexpected(pool_size.error());
    return {};
  }

 private:
  KernelFile available_;
  KernelFile pool_size_;
};

}  // namespace

CollectorRow entropy_row() {
  return {"entropy",
          true,
          "randomness gathered (/proc/sys/kernel/random)",
          {},
          make_collector<EntropyCollector>};
}

}  // namespace exporter
