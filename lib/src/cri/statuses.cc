// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/statuses.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace containercollector::internal::cri {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// The ID of the call of Version, which is about no entry.
constexpr std::size_t kVersionCall = std::numeric_limits<std::size_t>::max();

std::size_t BytesOf(const Remembered& remembered) {
  constexpr std::size_t kOfTheMap = 256;
  return kOfTheMap + (remembered.details ? remembered.details->bytes : 0);
}

/// Returns whether the details are valid as long as the state is. They are not
/// while a sandbox may still get an address.
bool AreFinal(const Details& details, const Entry& entry) {
  if (details.state != entry.container.state) return false;
  if (!entry.is_sandbox) return details.state != kStateDead;
  return details.state != kStateRunning || details.host_network ||
         !details.ip.empty();
}

/// The status calls for some entries of a collection.
struct StatusCalls {
  const RuntimeService& service;
  StatusMemory& memory;
  const std::uint64_t runtime;
  const CallLimit& limit;
  Budget& budget;
  std::vector<Entry>& entries;
  // These vectors have the same indexes as entries.
  std::vector<Remembered> learned = memory.Get(entries);
  std::vector<bool> verbose = std::vector<bool>(entries.size());
  std::deque<ServiceCall> pending = {};
  /// Whether a call that timed out last time did so again. If so, no more calls
  /// of that kind start.
  bool slow_again = false;
  /// Time limits of one call, and of one that timed out before.
  const nanoseconds each = std::min<nanoseconds>(
      limit.timeout,
      std::max<nanoseconds>(limit.timeout / 4, milliseconds(1000)));
  const nanoseconds again = std::min<nanoseconds>(
      each, std::max<nanoseconds>(limit.timeout / 20, milliseconds(500)));

  void Run() {
    Plan();
    const bool has_calls = !pending.empty();
    if (has_calls) {
      service.CallAll(
          [this] { return Next(); }, limit,
          [this](const ServiceCall& call, const std::string& message) {
            OnMessage(call, message);
          },
          [this](const ServiceCall& call, const ServiceFailure& failure) {
            OnFailure(call, failure);
          });
    }
    AddKnown();
    if (has_calls) memory.Put(runtime, entries, std::move(learned));
  }

  /// Decides which calls to make and in which order. Calls that timed out last
  /// time come last, so that they delay no others.
  void Plan() {
    const bool can_restart = memory.can_restart().value_or(true);
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Remembered& known = learned[i];
      if (!can_restart && known.details && AreFinal(*known.details, entries[i]))
        continue;
      verbose[i] = !known.verbose_done;
      indexes.push_back(i);
    }
    std::stable_sort(indexes.begin(), indexes.end(),
                     [&](std::size_t a, std::size_t b) {
                       return learned[a].timeouts < learned[b].timeouts;
                     });
    if (!indexes.empty() && !memory.can_restart())
      pending.push_back({kVersionCall, "Version", "", "", each});
    for (const std::size_t i : indexes) pending.push_back(MakeCall(i));
  }

  ServiceCall MakeCall(std::size_t index) const {
    const Entry& entry = entries[index];
    return {index, entry.is_sandbox ? "PodSandboxStatus" : "ContainerStatus",
            EncodeStatusRequest(entry.container.id, verbose[index]),
            entry.container.id, learned[index].timeouts > 0 ? again : each};
  }

  std::optional<ServiceCall> Next() {
    while (!pending.empty()) {
      ServiceCall call = std::move(pending.front());
      pending.pop_front();
      const bool is_late = limit.TimeLeft() <= nanoseconds(0);
      if (!is_late && !(slow_again && IsSlow(call))) return call;
      if (call.id == kVersionCall) continue;
      entries[call.id].missing =
          service.TimedOut(call, is_late ? limit.timeout : call.timeout);
    }
    return std::nullopt;
  }

  bool IsSlow(const ServiceCall& call) const {
    return call.id != kVersionCall && learned[call.id].timeouts > 0;
  }

  void OnMessage(const ServiceCall& call, const std::string& message) {
    if (call.id == kVersionCall) {
      const Version version = DecodeVersion(message, budget);
      memory.set_can_restart(runtime, version.runtime_name == "docker");
      return;
    }
    Remembered& known = learned[call.id];
    Details details =
        DecodeDetails(message, entries[call.id].is_sandbox, budget);
    if (!verbose[call.id] && known.details) {
      details.command = known.details->command;
      details.sandbox_image = known.details->sandbox_image;
    }
    known = {std::make_shared<const Details>(std::move(details)), true};
  }

  void OnFailure(const ServiceCall& call, const ServiceFailure& failure) {
    if (call.id == kVersionCall) return;
    Remembered& known = learned[call.id];
    Entry& entry = entries[call.id];
    const ErrorCode code = failure.error.code();
    if (verbose[call.id]) {
      // The failure may be due to the verbose part of the response.
      verbose[call.id] = false;
      known.verbose_done = code == ErrorCode::kDaemonError ||
                           code == ErrorCode::kResponseTooLarge ||
                           code == ErrorCode::kTimeout;
      pending.push_front(MakeCall(call.id));
      if (code == ErrorCode::kTimeout) pending.front().timeout = again;
    } else if (failure.is_gone) {
      entry.is_gone = true;
      known = {};
    } else {
      entry.missing = failure.error;
      if (code != ErrorCode::kTimeout) return;
      slow_again = slow_again || IsSlow(call);
      ++known.timeouts;
    }
  }

  void AddKnown() {
    const std::int64_t now =
        nanoseconds(std::chrono::system_clock::now().time_since_epoch())
            .count();
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (!entries[i].is_gone && !entries[i].missing)
        AddDetails(*learned[i].details, now, budget, entries[i]);
  }
};

}  // namespace

std::uint64_t StatusMemory::Check(const std::string& socket_path) {
  const auto socket = IdentityOf(socket_path);
  const std::lock_guard lock(mutex_);
  if (socket != socket_ || !socket) {
    socket_ = socket;
    can_restart_.reset();
    by_id_.clear();
    ++runtime_;
  }
  return runtime_;
}

void StatusMemory::Retain(const std::vector<Entry>& entries) {
  std::unordered_set<std::string_view> ids;
  for (const Entry& entry : entries) ids.insert(entry.container.id);
  const std::lock_guard lock(mutex_);
  for (auto next = by_id_.begin(); next != by_id_.end();)
    next = ids.count(next->first) > 0 ? std::next(next) : by_id_.erase(next);
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
  for (const Entry& entry : entries) by_id_.erase(entry.container.id);
  std::size_t bytes = 0;
  std::size_t new_bytes = 0;
  for (const auto& [id, known] : by_id_) bytes += BytesOf(known);
  for (const Remembered& known : learned) new_bytes += BytesOf(known);
  if (bytes + new_bytes > max_bytes_) {
    // Removed containers stay in memory if no request lists all containers.
    by_id_.clear();
    bytes = 0;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    bytes += BytesOf(learned[i]);
    if (bytes > max_bytes_) break;
    by_id_.emplace(entries[i].container.id, std::move(learned[i]));
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

void AddStatuses(const RuntimeService& service, StatusMemory& memory,
                 std::uint64_t runtime, const CallLimit& limit, Budget& budget,
                 std::vector<Entry>& entries) {
  StatusCalls{service, memory, runtime, limit, budget, entries}.Run();
}

}  // namespace containercollector::internal::cri
