// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http2_transport.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "lib/src/http/curl.h"

namespace containercollector::internal {
namespace {

/// More requests would only queue in the service. If libcurl cannot share a
/// connection, each request needs its own.
constexpr std::size_t kMaxRequestsAtOnce = 16;

/// libcurl 7.88 fails with "Error in the HTTP2 framing layer" if a connection
/// made with prior knowledge gets a second request. This checks the library at
/// run time, which can be newer than its headers.
bool CanShareConnections() {
  constexpr unsigned kFirstThatCan = 0x080000;
  return curl_version_info(CURLVERSION_NOW)->version_num >= kFirstThatCan;
}

/// Returns the header lines of every request. "accept:" removes the line that
/// libcurl adds.
curl_slist* GrpcHeaders() {
  static char type[] = "content-type: application/grpc";
  static char te[] = "te: trailers";
  static char accept[] = "accept:";
  static curl_slist lines[] = {
      {type, &lines[1]}, {te, &lines[2]}, {accept, nullptr}};
  return lines;
}

}  // namespace

/// One call of PostAll().
class Http2Transport::Call {
 public:
  Call(const Http2Transport& transport, const Next& next,
       const CallLimit& limit)
      : transport_(transport),
        next_(next),
        limit_(limit),
        bytes_left_(transport.options_.max_response_bytes) {
    if (!share_connections_)
      Check(curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING,
                              static_cast<long>(CURLPIPE_NOTHING)));
  }

  void Run() {
    while (slots_.size() < kMaxRequestsAtOnce) {
      auto request = next_();
      if (!request) break;
      slots_.push_back(std::make_unique<Slot>(*this));
      Start(*slots_.back(), *std::move(request));
    }
    if (multi_.Run(limit_.cancellation)) return;
    cancelled_ = true;
    for (const auto& slot : slots_)
      if (slot->request.running()) slot->request.End(CURLE_ABORTED_BY_CALLBACK);
  }

 private:
  /// A handle and what the request that it currently makes sends.
  struct Slot {
    explicit Slot(const Call& call)
        : request(call.transport_.endpoint_, call.transport_.options_) {
      request.Set(CURLOPT_HTTP_VERSION,
                  static_cast<long>(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
      request.Set(CURLOPT_HTTPHEADER, GrpcHeaders());
      request.Set(CURLOPT_POST, 1L);
      if (call.share_connections_) return;
      request.Set(CURLOPT_FRESH_CONNECT, 1L);
      request.Set(CURLOPT_FORBID_REUSE, 1L);
    }

    std::string body;
    CurlRequest request;
  };

  void Start(Slot& slot, PostRequest post) {
    slot.body = std::move(post.body);
    slot.request.Set(CURLOPT_POSTFIELDS, slot.body.data());
    slot.request.Set(CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(slot.body.size()));
    slot.request.Start(
        multi_, post.path, limit_, post.timeout, &bytes_left_, 0,
        [this, &slot, done = std::move(post.done)](HttpResponse response) {
          const std::size_t bytes = response.body.size();
          done(std::move(response));
          bytes_left_ += bytes;
          if (cancelled_) return;
          if (auto next = next_()) Start(slot, *std::move(next));
        });
  }

  const Http2Transport& transport_;
  const Next& next_;
  const CallLimit& limit_;
  const bool share_connections_ = CanShareConnections();
  std::size_t bytes_left_;
  bool cancelled_ = false;
  CurlMulti multi_;
  // Destroyed before the multi handle, to which they are attached.
  std::vector<std::unique_ptr<Slot>> slots_;
};

Http2Transport::Http2Transport(Endpoint endpoint, RuntimeOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {}

void Http2Transport::PostAll(const Next& next, const CallLimit& limit) const {
  Call(*this, next, limit).Run();
}

}  // namespace containercollector::internal
