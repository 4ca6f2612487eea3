// SPDX-License-Identifier: Apache-2.0
#include "server/http/in_flight_bodies.h"

namespace containercollector::server {

bool InFlightBodies::Add(const Body& body) {
  const std::size_t size = body->size();
  if (size <= kShortBody) return true;
  if (const auto known = uses_.find(body.get()); known != uses_.end()) {
    ++known->second;
    return true;
  }
  if (bytes_ > 0 && bytes_ + size > max_bytes_) return false;
  uses_.emplace(body.get(), 1);
  bytes_ += size;
  return true;
}

void InFlightBodies::Remove(const Body& body) {
  const auto known = uses_.find(body.get());
  if (known == uses_.end() || --known->second > 0) return;
  bytes_ -= body->size();
  uses_.erase(known);
}

}  // namespace containercollector::server
