#include "app/output_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "app/commands.h"

namespace app {
namespace {

int refused(const std::string& path) {
  return complain(kExitUsage, path + ": " + std::strerror(errno));
}

}  // namespace

int make_output_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) return kExitYes;
  return refused(directory);
}

int write_output_file(const std::string& directory, std::string_view name, std::string_view text) {
  const std::string path = (directory + "/").append(name);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file ? kExitYes : refused(path);
}

}  // namespace app
