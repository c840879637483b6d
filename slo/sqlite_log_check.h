// Whether SQLite's write-ahead log lost commits to damage. SQLite takes the first frame that fails
// its checksum for the end of the log, so a flipped bit silently undoes all commits from there on.
// Pure function, any thread.
#pragma once

#include <string_view>

namespace slo {

// log: the whole file as it lies on disk before SQLite opens it. False when a transaction that was
// synced is damaged: it is followed by frames of a later one, which was only begun after the sync.
// Damage to the very last transaction looks like a write cut short by a power failure and is not
// told apart from it.
bool log_is_whole(std::string_view log);

}  // namespace slo
