// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_COLLECTOR_PROCESS_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_COLLECTOR_PROCESS_H_

#include <string>

#include "tests/engine/http.h"
#include "tests/support/process.h"

namespace containercollector::engine {

/// The environment variable with the path of the server's binary.
inline constexpr const char* kCollectorBinaryVariable =
    "CONTAINER_COLLECTOR_BINARY";

/// The server under test, running against one daemon.
class CollectorProcess {
 public:
  /// Starts it for the daemon on the unix socket `socket` and waits until it
  /// listens. Throws std::runtime_error when it does not.
  /// @param flags Further flags of the server.
  explicit CollectorProcess(const std::string& socket,
                            const test::Command& flags = {});

  /// POST to the route; `query` is empty or begins with "?".
  HttpResponse Post(const std::string& query = "") const;

  /// GET of the route.
  HttpResponse Get() const;

 private:
  std::string WaitForAddress();
  std::string Route() const;

  std::string output_;
  std::string log_;
  test::Process process_;
  std::string address_;  ///< As in `http://127.0.0.1:8091`.
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_COLLECTOR_PROCESS_H_
