// One value that one thread replaces and others read: readers get the whole newest one, and keep it
// alive as long as they look at it. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace exporter {

template <class T>
class Publication {
 public:
  using Value = std::shared_ptr<const T>;

  // Null before the first set().
  Value get() const {
    const std::lock_guard guard(lock_);
    return value_;
  }
  void set(Value value) {
    const std::lock_guard guard(lock_);
    value_.swap(value);
  }

 private:
  mutable std::mutex lock_;
  Value value_;
};

}  // namespace exporter
