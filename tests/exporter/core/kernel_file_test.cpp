#include "exporter/core/kernel_file.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

using test::TempTree;

TEST_CASE("a kernel file gives what stands in it at each reading") {
  TempTree tree;
  tree.write("value", "1\n");
  KernelFile file(tree.path("value"));
  ReadBuffer buffer;
  CHECK(file.read(buffer) == "1\n");
  tree.write("value", "two\n");
  CHECK(file.read(buffer) == "two\n");
}

TEST_CASE("a file that is not there is not found, and found once it is") {
  TempTree tree;
  KernelFile file(tree.path("later"));
  ReadBuffer buffer;
  const auto missing = file.read(buffer);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::kNotFound);
  CHECK(missing.error().message.starts_with(tree.path("later") + ": "));
  CHECK(file.descriptor() == -1);
  tree.write("later", "x");
  CHECK(file.read(buffer) == "x");
}

TEST_CASE("a path that cannot be read is an input error, not an absence") {
  TempTree tree;
  std::filesystem::create_directory(tree.path("directory"));
  KernelFile file(tree.path("directory"));
  ReadBuffer buffer;
  const auto result = file.read(buffer);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::kIo);
}

TEST_CASE("a text larger than the buffer is read whole, in every shape") {
  TempTree tree;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + "\n";
  tree.write("large", text);
  for (const FileShape shape : {FileShape::kSingleRecord, FileShape::kManyRecords,
                                FileShape::kShortRecords, FileShape::kOneLine}) {
    KernelFile file(tree.path("large"), shape);
    for (const std::size_t size : {std::size_t{64}, 2 * kOneLineBytes}) {
      ReadBuffer buffer(size);
      CHECK(file.read(buffer) == text);
      CHECK(buffer.size() > text.size());
    }
  }
}

TEST_CASE("a text that fills the buffer to the last byte is whole") {
  TempTree tree;
  tree.write("exact", std::string(64, 'x'));
  KernelFile file(tree.path("exact"));
  ReadBuffer buffer(64);
  CHECK(file.read(buffer) == std::string(64, 'x'));
}

TEST_CASE("a kernel file made of many records is read to its end") {
  KernelFile file("/proc/self/maps", FileShape::kManyRecords);
  ReadBuffer buffer;
  const auto text = file.read(buffer);
  REQUIRE(text);
  CHECK(text->find("[stack]") != std::string_view::npos);
  CHECK(text->ends_with('\n'));
}

TEST_CASE("a kernel file of short records that takes several reads is read to its end") {
  std::vector<FileDescriptor> sockets;
  std::vector<std::string> ports;  // as /proc/net/udp writes them: 0100007F:D431
  for (int i = 0; i < 200; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(sockets.back().get(), any, size) == 0);
    REQUIRE(::getsockname(sockets.back().get(), any, &size) == 0);
    std::array<char, 8> port{};
    std::snprintf(port.data(), port.size(), ":%04X ", ntohs(address.sin_port));
    ports.emplace_back(port.data());
  }
  KernelFile file("/proc/net/udp", FileShape::kShortRecords);
  ReadBuffer buffer(100);
  const auto text = file.read(buffer);
  REQUIRE(text);
  CHECK(text->size() > 200 * 128);
  for (const std::string& port : ports) CHECK(text->contains(port));
}

TEST_CASE("when what was open is gone the path is opened again") {
  const pid_t child = ::fork();
  if (child == 0) ::pause();
  REQUIRE(child > 0);
  KernelFile file("/proc/" + std::to_string(child) + "/stat");
  ReadBuffer buffer;
  CHECK(file.read(buffer));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const auto gone = file.read(buffer);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a file that is read once is refused when it is too large") {
  TempTree tree;
  tree.write("some", std::string(10000, 'a'));
  CHECK(read_file(tree.path("some")) == std::string(10000, 'a'));
  const auto refused = read_file(tree.path("some"), 9999);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kInvalid);
  CHECK(read_file(tree.path("none")).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a directory's names are sorted, a missing directory has none") {
  TempTree tree;
  tree.write("b", "");
  tree.write("a", "");
  tree.write(".c", "");
  CHECK(list_directory(tree.path("")) == std::vector<std::string>{".c", "a", "b"});
  CHECK(list_directory(tree.path("none")).empty());
}

TEST_CASE("text is trimmed at both ends") {
  CHECK(trimmed(" \t a b\r\n") == "a b");
  CHECK(trimmed(" \n").empty());
  CHECK(trimmed("").empty());
}

TEST_CASE("a file of one number, which may be missing") {
  const test::TempTree tree;
  ReadBuffer buffer;
  KernelFile file(tree.path("number"));
  CHECK(read_number(file, buffer).error().kind == ErrorKind::kNotFound);
  const auto missing = read_number_if_there(file, buffer);
  REQUIRE(missing);
  CHECK_FALSE(*missing);
  CHECK_FALSE(*file.read_if_there(buffer));
  tree.write("number", " -7\n");
  CHECK(read_number(file, buffer)->as_double() == -7);
  CHECK((*read_number_if_there(file, buffer))->as_double() == -7);
  CHECK(**file.read_if_there(buffer) == " -7\n");
  for (const char* bad : {"", "\n", "7 kB\n", "seven\n", "7 8\n"}) {
    tree.write("number", bad);
    CHECK_MESSAGE(read_number(file, buffer).error().kind == ErrorKind::kParse, bad);
  }
  KernelFile directory(tree.root());
  CHECK(directory.read_if_there(buffer).error().kind == ErrorKind::kIo);
}

}  // namespace
}  // namespace exporter
