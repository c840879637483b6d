// Errors as values. Every function of ours that can fail returns Result<T>; exceptions stay inside
// the .cpp that calls a third-party library. A message starts with the path, URL or configuration
// key it is about, so that the line alone tells the reader where to look. Any thread.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace exporter {

enum class ErrorKind {
  kNotFound,     // the kernel (or the system) does not have it: an absent metric, a debug line
  kIo,           // it is there and cannot be read or written
  kParse,        // it was read and does not have the form it should have
  kInvalid,      // the user asked for something impossible: flags, configuration, arguments
  kUnavailable,  // a peer or a resource is not there now and may come back
  kConflict,     // somebody else holds it: a port, a state directory
};

struct Error {
  ErrorKind kind = ErrorKind::kIo;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

}  // namespace exporter
