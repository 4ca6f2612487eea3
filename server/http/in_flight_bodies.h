// SPDX-License-Identifier: Apache-2.0
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_IN_FLIGHT_BODIES_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_IN_FLIGHT_BODIES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

namespace containercollector::server {

/// Bounds the memory of the response bodies that are being sent. A body that
/// several responses share counts once. Thread-safety: none; the server's
/// thread owns it.
class InFlightBodies {
 public:
  using Body = std::shared_ptr<const std::string>;

  explicit InFlightBodies(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Returns false, and counts nothing, if the bodies in flight would exceed
  /// the limit. Short bodies, and one body of any size at a time, are always
  /// accepted.
  bool Add(const Body& body) {
    const std::size_t size = body->size();
    if (size <= kShortBody) return true;
    if (uses_.count(body.get()) == 0) {
      if (bytes_ > 0 && bytes_ + size > max_bytes_) return false;
      bytes_ += size;
    }
    ++uses_[body.get()];
    return true;
  }

  /// Call once for each Add() that returned true.
  void Remove(const Body& body) {
    const auto known = uses_.find(body.get());
    if (known == uses_.end() || --known->second > 0) return;
    bytes_ -= body->size();
    uses_.erase(known);
  }

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  /// Bodies up to this size are not counted: the connection limit bounds them.
  static constexpr std::size_t kShortBody = 4096;

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::unordered_map<const std::string*, std::size_t> uses_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_IN_FLIGHT_BODIES_H_
