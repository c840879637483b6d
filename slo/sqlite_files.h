// The files of a history in its state directory, around SQLite:
//   fournines.db, fournines.db-wal   the history and its log
//   fournines.db.building            a new file being written
//   fournines.db.new                 a complete new file about to replace it
//   fournines.db.damaged-20261125T200512Z, …-wal   put aside and kept
// Owned by one thread at a time. Errors: kConflict when another daemon has the directory, else kIo;
// messages start with the path.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/core/error.h"

namespace slo {

class StateDirectory {
 public:
  // Makes the directory (0750) where it is missing, and locks it until the object dies.
  static exporter::Result<StateDirectory> open(const std::string& path);
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&& other) noexcept;
  ~StateDirectory();

  // Takes it again if somebody removed or replaced it since.
  exporter::Result<void> hold();

  std::string database() const { return path_ + "/fournines.db"; }
  std::string log() const { return database() + "-wal"; }
  std::string building() const { return database() + ".building"; }

  bool has_database() const;

  // Moves the history with its log out of the way, the file before the log: never may a file be
  // found without the log that belongs to it. Gives the new name, without the directory.
  exporter::Result<std::string> put_aside(std::int64_t utc_ms);

  // Puts the finished building() in the place of the history, which goes aside if there is one.
  // Gives that one's new name, "" if there was none. A crash at any point leaves the old or the new
  // history for tidy() to find.
  exporter::Result<std::string> replace(std::int64_t utc_ms);

  // Before the history is opened: finishes a replacement that a crash interrupted, deletes the
  // beginnings of one, puts a log without its file aside.
  exporter::Result<void> tidy(std::int64_t utc_ms);

  // Makes the names of its files durable.
  exporter::Result<void> sync() const;

  // The newest name of put_aside() in the directory, without the directory; "" when there is none.
  std::string newest_damaged() const;

  // False when somebody removed or replaced the file since remember_database().
  bool database_is_remembered() const;
  void remember_database();

 private:
  StateDirectory(std::string path, int descriptor) : path_(std::move(path)), fd_(descriptor) {}
  std::string complete() const { return database() + ".new"; }

  std::string path_;
  int fd_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

bool file_exists(const std::string& path);
void remove_file(const std::string& path);

// 0 when there is no such file.
std::uint64_t file_bytes(const std::string& path);

// "" when there is no such file.
exporter::Result<std::string> read_file(const std::string& path);

// Writes the file's own bytes over itself and syncs. After a failed sync Linux takes the pages that
// it could not write for clean: what is read back may never have reached the disk. A file that
// cannot be read is left to whoever opens it next.
exporter::Result<void> write_again(const std::string& path);

// Syncs a finished file and gives it its final name; kConflict when there is one of that name.
exporter::Result<void> publish_file(const std::string& from, const std::string& to);

}  // namespace slo
