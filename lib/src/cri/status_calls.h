// SPDX-License-Identifier: Apache-2.0
/// The status calls of one collection.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_STATUS_CALLS_H_
#define CONTAINERCOLLECTOR_SRC_CRI_STATUS_CALLS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "lib/src/cri/containers.h"
#include "lib/src/cri/runtime_service.h"
#include "lib/src/cri/status_memory.h"

namespace containercollector::internal::cri {

/// Time limits of a collection's status calls. A stuck shim must neither fail
/// the collection nor delay every collection by its whole timeout.
struct StatusLimits {
  /// @param left The collection's remaining time.
  explicit StatusLimits(std::chrono::nanoseconds left);

  std::chrono::nanoseconds all;    ///< For all calls together.
  std::chrono::nanoseconds each;   ///< For one call.
  std::chrono::nanoseconds again;  ///< For a call that timed out last time.
};

/// Adds the details of containers and sandboxes, from memory or by status
/// calls. An entry whose call fails records why it lacks details.
class StatusCalls {
 public:
  StatusCalls(const RuntimeService& service, StatusMemory& memory,
              std::uint64_t runtime, const CallLimit& limit, Budget& budget);

  /// Adds the details of each entry.
  /// @return For each entry, whether the runtime no longer knows it.
  /// @throws Error kCancelled, kInternal; BudgetError
  std::vector<bool> AddDetails(std::vector<Entry>& entries);

 private:
  void Plan();
  ServiceCall MakeCall(std::size_t index) const;
  std::optional<ServiceCall> Next();
  bool IsSlow(const ServiceCall& call) const;
  void OnMessage(const ServiceCall& call, const std::string& message);
  void OnFailure(const ServiceCall& call, const ServiceFailure& failure);
  void AddKnown(std::vector<Entry>& entries);

  const RuntimeService& service_;
  StatusMemory& memory_;
  const std::uint64_t runtime_;
  const StatusLimits limits_;
  CallLimit limit_;
  Budget& budget_;

  // The argument of AddDetails(). The vectors below have the same indexes.
  std::vector<Entry>* entries_ = nullptr;
  std::vector<Remembered> known_;
  std::vector<bool> gone_;
  std::vector<bool> verbose_;  ///< Whether the call is or will be verbose.
  std::deque<ServiceCall> pending_;
  /// Whether a call that timed out last time did so again. If so, no more calls
  /// of that kind start.
  bool slow_again_ = false;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_STATUS_CALLS_H_
