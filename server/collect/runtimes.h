// SPDX-License-Identifier: Apache-2.0

/// Which container runtime the server asks.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_RUNTIMES_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_RUNTIMES_H_

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/container_runtime.h"
#include "containercollector/processor.h"

namespace containercollector::server {

/// A container runtime that this node may have.
struct Runtime {
  std::string_view name;   ///< For logs and metrics: "docker" or "cri".
  std::string_view title;  ///< For people: "The Docker daemon".
  Processor processor;
  /// The same runtime with the time limit of a readiness check.
  std::unique_ptr<const ContainerRuntime> ready_runtime;

  const std::string& endpoint() const noexcept {
    return processor.runtime().endpoint();
  }
};

/// The container runtimes to choose from. Thread-safe.
class Runtimes {
 public:
  /// @param candidates At least one, those to prefer first.
  explicit Runtimes(std::vector<Runtime> candidates);

  /// Returns the runtime to ask now: the only one, or the first whose socket
  /// exists. Null if there are several and no socket exists. Logs when it is
  /// another one than before.
  const Runtime* Choose();

  /// What to say if there is none.
  const std::string& none_text() const noexcept { return none_text_; }

 private:
  const std::vector<Runtime> candidates_;
  const std::string none_text_;
  std::mutex mutex_;
  const Runtime* chosen_;  // Guarded by mutex_.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_RUNTIMES_H_
