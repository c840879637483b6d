#include "exporter/core/process_groups.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "exporter/core/kernel_file.h"
#include "exporter/core/process_record.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxPatternMemory = 1 << 20;

using Pattern = std::unique_ptr<const re2::RE2>;

Result<Pattern> compile(const std::string& group, const char* key, const std::string& pattern) {
  if (pattern.empty()) return Pattern();
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kMaxPatternMemory);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // names are bytes
  auto compiled = std::make_unique<re2::RE2>(pattern, options);
  if (!compiled->ok()) {
    return fail(ErrorKind::kInvalid, group + ": " + key + ": " + compiled->error());
  }
  return Pattern(std::move(compiled));
}

bool matches(const Pattern& pattern, std::string_view text) {
  return !pattern || re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
}

bool is_pid(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

struct ProcessGroups::Rule {
  std::string name;
  Pattern comm;
  Pattern exe;
  Pattern cmdline;
};

ProcessNames process_names(std::string_view comm, std::string& cmdline) {
  while (cmdline.ends_with('\0')) cmdline.pop_back();
  const std::size_t first = cmdline.find('\0');
  std::ranges::replace(cmdline, '\0', ' ');
  return {comm, std::string_view(cmdline).substr(0, first), cmdline};
}

Result<ProcessGroups> ProcessGroups::make(const std::vector<ProcessGroupSpec>& specs) {
  ProcessGroups groups;
  for (const ProcessGroupSpec& spec : specs) {
    auto comm = compile(spec.name, "comm", spec.comm);
    if (!comm) return std::unexpected(comm.error());
    auto exe = compile(spec.name, "exe", spec.exe);
    if (!exe) return std::unexpected(exe.error());
    auto cmdline = compile(spec.name, "cmdline", spec.cmdline);
    if (!cmdline) return std::unexpected(cmdline.error());
    if (!*comm && !*exe && !*cmdline) {
      return fail(ErrorKind::kInvalid, spec.name + ": needs one of comm, exe and cmdline");
    }
    groups.needs_command_line_ |= *exe || *cmdline;
    groups.rules_.push_back(std::make_shared<const Rule>(
        Rule{spec.name, std::move(*comm), std::move(*exe), std::move(*cmdline)}));
  }
  return groups;
}

std::string_view ProcessGroups::group_of(const ProcessNames& names) const {
  for (const auto& rule : rules_) {
    if (matches(rule->comm, names.comm) && matches(rule->exe, names.exe) &&
        matches(rule->cmdline, names.cmdline)) {
      return rule->name;
    }
  }
  return names.comm;
}

Result<std::vector<std::uint64_t>> process_starts(const std::string& procfs,
                                                  const ProcessGroups& groups,
                                                  std::string_view group) {
  const std::vector<std::string> names = list_directory(procfs);
  if (names.empty()) return fail(ErrorKind::kNotFound, procfs + ": no processes");
  std::vector<std::uint64_t> starts;
  for (const std::string& pid : names) {
    if (!is_pid(pid)) continue;
    const auto text = read_file(procfs + "/" + pid + "/stat");
    const auto record = text ? parse_process_record(*text) : std::nullopt;
    if (!record || record->is_kernel_thread || record->state == 'Z') continue;
    std::string cmdline;
    if (groups.needs_command_line()) {
      cmdline = read_file(procfs + "/" + pid + "/cmdline").value_or("");
    }
    if (groups.group_of(process_names(record->name, cmdline)) != group) continue;
    starts.push_back(record->start_ticks);
  }
  return starts;
}

}  // namespace exporter
