#include "alerts/secret.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <type_traits>

#include "tests/support/doctest.h"

namespace alerts {
namespace {

class SecretFile {
 public:
  explicit SecretFile(const std::string& text, mode_t mode = 0600) {
    std::string folder = std::filesystem::temp_directory_path() / "fournines-secret-XXXXXX";
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    std::ofstream(path()) << text;
    REQUIRE(chmod(path().c_str(), mode) == 0);
  }
  ~SecretFile() { std::filesystem::remove_all(folder_); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  std::string path() const { return folder_ / "token"; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

exporter::ErrorKind kind_of(const exporter::Result<Secret>& result) {
  REQUIRE_FALSE(result);
  return result.error().kind;
}

}  // namespace

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);

TEST_CASE("a secret is the file's line without its end") {
  for (const char* text : {"hunter2", "hunter2\n", "hunter2\r\n"}) {
    const SecretFile file(text);
    const auto secret = read_secret(file.path());
    REQUIRE(secret);
    CHECK(std::string(secret->reveal()) == "hunter2");
  }
}

TEST_CASE("a moved secret leaves nothing behind") {
  Secret first("hunter2");
  Secret second(std::move(first));
  CHECK(std::string(second.reveal()) == "hunter2");
  Secret third;
  third = std::move(second);
  CHECK(std::string(third.reveal()) == "hunter2");
}

TEST_CASE("a secret that everybody may read is refused") {
  const SecretFile file("hunter2", 0644);
  CHECK(kind_of(read_secret(file.path())) == exporter::ErrorKind::kInvalid);
  CHECK(read_secret(file.path()).error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("what could break a header, is empty or too long is refused") {
  for (const std::string& text : {std::string("a\nX-Evil: 1"), std::string(), std::string("\n"),
                                  std::string(5000, 'a'), std::string("a\0b", 3)}) {
    const SecretFile file(text);
    CHECK(kind_of(read_secret(file.path())) == exporter::ErrorKind::kInvalid);
  }
}

TEST_CASE("a missing file, a folder and a FIFO are told apart from secrets without waiting") {
  const SecretFile file("hunter2");
  const std::string fifo = file.folder() / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(kind_of(read_secret(file.path() + ".missing")) == exporter::ErrorKind::kNotFound);
  CHECK(kind_of(read_secret(file.folder())) == exporter::ErrorKind::kInvalid);
  CHECK(kind_of(read_secret(fifo)) == exporter::ErrorKind::kInvalid);
}

}  // namespace alerts
