// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_CONNECTION_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/file_descriptor.h"
#include "tests/support/http2_session.h"
#include "tests/support/request.h"

namespace containercollector::test {

/// A call as it arrived.
struct RuntimeCall {
  /// Such as `/runtime.v1.RuntimeService/Version`, and its last part.
  std::string path;
  std::string method;
  Headers headers;  ///< Those of HTTP/2, such as `:path`, included.
  std::string message;
  /// Which of the runtime's connections it came on; counts from 1.
  std::size_t connection = 0;
};

/// What a call gets. Every part can be wrong.
struct RuntimeResponse {
  enum class End {
    kTrailers,
    kNoTrailers,
    kReset,  ///< The stream is reset: RST_STREAM with INTERNAL_ERROR.
    kNever,  ///< The stream stays open.
    kClose,  ///< The connection is closed.
  };

  int http_status = 200;
  Headers headers = {{"content-type", "application/grpc"}};
  /// The bytes of the DATA frames. Without any, and with End::kNoTrailers, the
  /// headers are the whole response, as gRPC has it for most errors.
  std::string body;
  Headers trailers = {{"grpc-status", "0"}, {"grpc-message", ""}};
  End end = End::kTrailers;
  /// Sent only after this time, and after a release.
  std::chrono::milliseconds delay{0};
  bool when_released = false;
};

/// Must not wait: RuntimeResponse says what is to come later.
using RuntimeScript = std::function<RuntimeResponse(const RuntimeCall&)>;

/// A scripted runtime's side of one connection. Belongs to one thread.
class RuntimeConnection final : public Http2Session {
 public:
  using Clock = std::chrono::steady_clock;

  /// Gets each call when it is complete. Throws if it is malformed.
  using Handler = std::function<RuntimeResponse(const RuntimeCall&)>;

  RuntimeConnection(FileDescriptor socket, std::size_t ordinal,
                    Handler handler);

  int fd() const { return socket_.get(); }

  /// Receives and handles what has come; returns false if the peer is gone.
  /// @throws std::runtime_error if it is not HTTP/2.
  bool ReceiveSome();

  /// Begins the responses that are due.
  void BeginDue(bool released);

  /// Sends what the socket takes; returns false if the connection is to be
  /// closed.
  bool SendSome();

  bool HasOutput() const { return sent_ < output_.size(); }
  bool WaitsForRelease() const;

  /// When the next response is due that waits for no release.
  std::optional<Clock::time_point> NextDue(bool released) const;

 private:
  struct Stream {
    RuntimeCall call;
    std::string body;
    RuntimeResponse response;
    std::optional<Clock::time_point> due;  ///< While the response waits.
    std::size_t sent = 0;
    bool breaks = false;  ///< As soon as the client has read what was sent.
  };

  void OnHeader(std::int32_t stream, HeaderKind kind, std::string name,
                std::string value) override;
  void OnData(std::int32_t stream, std::string_view bytes) override;
  void OnEnd(std::int32_t stream) override;
  void OnClosed(std::int32_t stream, std::uint32_t error) override;
  void OnPingAck() override;

  void Begin(std::int32_t id, Stream& stream);
  static ssize_t ReadBody(nghttp2_session* session, std::int32_t stream,
                          std::uint8_t* buffer, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source* source,
                          void* user_data) noexcept;
  ssize_t EndBody(std::int32_t id, Stream& stream, std::size_t part,
                  std::uint32_t& flags);

  FileDescriptor socket_;
  const std::size_t ordinal_;
  const Handler handler_;
  std::map<std::int32_t, Stream> streams_;
  std::string output_;
  std::size_t sent_ = 0;
  bool close_ = false;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_CONNECTION_H_
