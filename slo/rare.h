// Members that hardly any objective has, at the price of a pointer where there is none: an idle
// objective has to stay small. Value semantics, equality by content. Not synchronised.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace slo {

// As std::optional, where it is used like one.
template <class T>
class Rare {
 public:
  Rare() = default;
  Rare(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: as std::optional
  Rare(std::optional<T> value)                                      // NOLINT
      : value_(value ? std::make_unique<T>(std::move(*value)) : nullptr) {}
  Rare(const Rare& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Rare(Rare&&) noexcept = default;
  Rare& operator=(Rare other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~Rare() = default;

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  // Made where it is not there yet.
  T& made() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }
  bool operator==(const Rare& other) const {
    return value_ && other.value_ ? *value_ == *other.value_ : !value_ && !other.value_;
  }

 private:
  std::unique_ptr<T> value_;
};

// As std::vector, where it is read and appended to.
template <class T>
class RareList {
 public:
  RareList() = default;
  RareList(std::initializer_list<T> items) {
    for (const T& item : items) push_back(item);
  }

  void push_back(T item) { items_.made().push_back(std::move(item)); }
  bool empty() const { return size() == 0; }
  std::size_t size() const { return items_ ? items_->size() : 0; }
  const T& operator[](std::size_t i) const { return (*items_)[i]; }
  auto begin() const { return all().begin(); }
  auto end() const { return all().end(); }
  auto begin() { return items_.made().begin(); }
  auto end() { return items_.made().end(); }
  const std::vector<T>& all() const {
    static const std::vector<T> kNone;
    return items_ ? *items_ : kNone;
  }
  bool operator==(const RareList& other) const { return all() == other.all(); }

 private:
  Rare<std::vector<T>> items_;
};

}  // namespace slo
