// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/status_memory.h"

#include <sys/stat.h>

#include <string_view>
#include <unordered_set>
#include <utility>

namespace containercollector::internal::cri {
namespace {

std::size_t BytesOf(const Remembered& remembered) {
  constexpr std::size_t kOfTheMap = 256;
  return kOfTheMap + (remembered.details ? remembered.details->bytes : 0);
}

}  // namespace

std::uint64_t StatusMemory::Check(const std::string& socket_path) {
  std::optional<Identity> identity;
  struct stat file{};
  if (::stat(socket_path.c_str(), &file) == 0) {
    identity.emplace(file.st_dev, file.st_ino, file.st_ctim.tv_sec,
                     file.st_ctim.tv_nsec);
  }
  const std::lock_guard lock(mutex_);
  if (identity != identity_ || !identity) {
    identity_ = identity;
    can_restart_.reset();
    by_id_.clear();
    bytes_ = 0;
    ++runtime_;
  }
  return runtime_;
}

void StatusMemory::Retain(const std::vector<Entry>& entries) {
  std::unordered_set<std::string_view> ids;
  ids.reserve(entries.size());
  for (const Entry& entry : entries) ids.insert(entry.container.id);
  const std::lock_guard lock(mutex_);
  for (auto next = by_id_.begin(); next != by_id_.end();) {
    const auto one = next++;
    if (ids.count(one->first) > 0) continue;
    bytes_ -= BytesOf(one->second);
    by_id_.erase(one);
  }
}

std::vector<Remembered> StatusMemory::Get(
    const std::vector<Entry>& entries) const {
  std::vector<Remembered> remembered(entries.size());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto found = by_id_.find(entries[i].container.id);
    if (found != by_id_.end()) remembered[i] = found->second;
  }
  return remembered;
}

void StatusMemory::Put(std::uint64_t runtime, const std::vector<Entry>& entries,
                       std::vector<Remembered> learned) {
  const std::lock_guard lock(mutex_);
  if (runtime != runtime_) return;
  std::size_t bytes_of_all = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    bytes_of_all += BytesOf(learned[i]);
    const auto old = by_id_.find(entries[i].container.id);
    if (old == by_id_.end()) continue;
    bytes_ -= BytesOf(old->second);
    by_id_.erase(old);
  }
  if (bytes_of_all > max_bytes_ - bytes_) {
    // Removed containers stay in memory if no request lists all containers.
    by_id_.clear();
    bytes_ = 0;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::size_t bytes = BytesOf(learned[i]);
    if (bytes > max_bytes_ - bytes_) continue;
    by_id_.emplace(entries[i].container.id, std::move(learned[i]));
    bytes_ += bytes;
  }
}

std::optional<bool> StatusMemory::can_restart() const {
  const std::lock_guard lock(mutex_);
  return can_restart_;
}

void StatusMemory::set_can_restart(std::uint64_t runtime, bool can_restart) {
  const std::lock_guard lock(mutex_);
  if (runtime == runtime_) can_restart_ = can_restart;
}

}  // namespace containercollector::internal::cri
