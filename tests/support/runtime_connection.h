// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_CONNECTION_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_CONNECTION_H_

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/scripted_runtime.h"

namespace containercollector::test {

/// A scripted runtime's side of one HTTP/2 connection.
class RuntimeConnection {
 public:
  /// Called for each complete call.
  using Handler = std::function<RuntimeResponse(const RuntimeCall&)>;

  RuntimeConnection(Exchange& exchange, std::size_t ordinal,
                    const Event& released, Handler handler);

  /// Serves the connection until it ends.
  /// @throws std::runtime_error if the peer does not send gRPC over HTTP/2, and
  /// what the handler throws.
  void Serve();

 private:
  using Clock = std::chrono::steady_clock;

  struct Stream {
    RuntimeCall call;
    std::string body;
    RuntimeResponse response;
    std::optional<Clock::time_point> due;  ///< While the response waits.
    std::size_t sent = 0;
    bool breaks = false;  ///< As soon as the client has read what was sent.
  };
  struct Callbacks;

  void BeginDue();
  bool SendOutput();
  bool Wait();
  void Begin(std::int32_t id, const RuntimeResponse& response);
  void EndCall(std::int32_t id);
  ssize_t ReadBody(std::int32_t id, std::uint8_t* buffer, std::size_t size,
                   std::uint32_t& flags);
  void BreakStreams();

  Exchange& exchange_;
  const std::size_t ordinal_;
  const Event& released_;
  const Handler handler_;
  std::unique_ptr<nghttp2_session, decltype(&nghttp2_session_del)> session_;
  std::map<std::int32_t, Stream> streams_;
  std::exception_ptr thrown_;
  bool close_ = false;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_CONNECTION_H_
