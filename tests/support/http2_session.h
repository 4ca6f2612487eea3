// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP2_SESSION_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP2_SESSION_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/request.h"

namespace containercollector::test {

/// Header fields as nghttp2 takes them. Points into `headers`.
std::vector<nghttp2_nv> ToNghttp2(const Headers& headers);

/// One side of an HTTP/2 connection without its socket: bytes go in, bytes come
/// out. Belongs to one thread.
class Http2Session {
 public:
  enum class Side { kServer, kClient };

  explicit Http2Session(Side side);
  virtual ~Http2Session() = default;
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// Takes bytes from the peer.
  /// @throws std::runtime_error if they are not HTTP/2, and what a virtual
  /// function throws.
  void Receive(std::string_view bytes);

  /// Returns the next bytes for the peer; empty if there are none now.
  std::string NextOutput();

  /// Whether anything can still be received or sent.
  bool IsAlive() const;

 protected:
  enum class HeaderKind { kFirst, kTrailer };

  virtual void OnHeader(std::int32_t stream, HeaderKind kind, std::string name,
                        std::string value) = 0;
  virtual void OnData(std::int32_t stream, std::string_view bytes) = 0;
  /// The peer sends nothing more on this stream.
  virtual void OnEnd(std::int32_t stream) = 0;
  /// The stream is over. `error` is 0 unless it was reset.
  virtual void OnClosed(std::int32_t stream, std::uint32_t error) = 0;
  /// The peer has read all that was sent before a ping.
  virtual void OnPingAck() {}

  nghttp2_session* session() const { return session_.get(); }

  /// @throws std::runtime_error if `result` is an error of nghttp2.
  static std::int32_t Check(std::int32_t result, const char* what);

 private:
  struct Deleter {
    void operator()(nghttp2_session* session) const {
      nghttp2_session_del(session);
    }
  };
  struct Callbacks;

  /// Runs `body`, which must not throw into nghttp2, and keeps what it throws.
  template <typename Body>
  int Guarded(Body body);
  void RethrowFromCallback();

  std::unique_ptr<nghttp2_session, Deleter> session_;
  std::exception_ptr thrown_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP2_SESSION_H_
