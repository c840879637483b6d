// A directory of its own for one test, removed at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace test {

class TempTree {
 public:
  TempTree() : TempTree(std::filesystem::temp_directory_path()) {}
  explicit TempTree(const std::filesystem::path& parent) {
    std::string pattern = (parent / "fournines-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = pattern;
  }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;
  ~TempTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  const std::string& root() const { return root_; }
  std::string path(std::string_view name) const { return root_ + "/" + std::string(name); }

  // Makes the file and the directories above it, or replaces what stands in it: the file stays the
  // same one.
  void write(std::string_view name, std::string_view text) const {
    const std::filesystem::path file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  }

  void remove(std::string_view name) const { std::filesystem::remove_all(path(name)); }

 private:
  std::string root_;
};

}  // namespace test
