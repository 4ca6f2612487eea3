// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http2_transport.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "lib/src/http/curl.h"
#include "lib/src/http/http_transport.h"

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

class HeaderList {
 public:
  explicit HeaderList(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      curl_slist* const longer = curl_slist_append(list_.get(), line.c_str());
      if (longer == nullptr) Check(CURLE_OUT_OF_MEMORY);
      static_cast<void>(list_.release());
      list_.reset(longer);
    }
  }
  curl_slist* get() const noexcept { return list_.get(); }

 private:
  struct Deleter {
    void operator()(curl_slist* list) const noexcept {
      curl_slist_free_all(list);
    }
  };
  std::unique_ptr<curl_slist, Deleter> list_;
};

}  // namespace

/// One call of PostAll().
class Http2Transport::Call {
 public:
  Call(const Http2Transport& transport, const Next& next,
       const CallLimit& limit, const Done& done)
      : transport_(transport),
        next_(next),
        limit_(limit),
        done_(done),
        headers_(transport.headers_),
        bytes_left_(transport.max_bytes_) {
    if (!share_connections_)
      Check(curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING,
                              static_cast<long>(CURLPIPE_NOTHING)));
  }

  void Run() {
    while (slots_.size() < kMaxRequestsAtOnce) {
      auto request = next_();
      if (!request) break;
      slots_.push_back(std::make_unique<Slot>());
      SetUp(*slots_.back());
      Start(*slots_.back(), *std::move(request));
    }
    const bool all_ended =
        multi_.Run(limit_.cancellation, [&](CURL* easy, CURLcode code) {
          const auto slot = std::find_if(
              slots_.begin(), slots_.end(),
              [&](const auto& other) { return other->easy.get() == easy; });
          End(**slot, code);
          if (auto request = next_()) Start(**slot, *std::move(request));
        });
    if (all_ended) return;
    for (const auto& slot : slots_)
      if (slot->attachment) End(*slot, CURLE_ABORTED_BY_CALLBACK);
  }

 private:
  /// A handle and the request that it currently serves.
  struct Slot {
    PostRequest request;
    std::chrono::nanoseconds timeout{};
    std::optional<ArrivingResponse> arriving;
    CurlEasy easy;
    std::optional<CurlAttachment> attachment;
  };

  void SetUp(Slot& slot) const {
    CurlEasy& easy = slot.easy;
    easy.Set(CURLOPT_HTTP_VERSION,
             static_cast<long>(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
    easy.SetSocket(transport_.endpoint_);
    easy.Set(CURLOPT_HTTPHEADER, headers_.get());
    easy.Set(CURLOPT_POST, 1L);
    easy.Set(CURLOPT_CONNECTTIMEOUT_MS,
             ToMilliseconds(transport_.connect_timeout_));
    if (!share_connections_) {
      easy.Set(CURLOPT_FRESH_CONNECT, 1L);
      easy.Set(CURLOPT_FORBID_REUSE, 1L);
    }
  }

  void Start(Slot& slot, PostRequest request) {
    slot.request = std::move(request);
    slot.timeout = std::min(slot.request.timeout, limit_.TimeLeft());
    slot.arriving.emplace(&bytes_left_);
    slot.easy.ReceiveInto(*slot.arriving);
    slot.easy.Set(CURLOPT_URL,
                  (transport_.endpoint_.base_url + slot.request.path).c_str());
    slot.easy.Set(CURLOPT_POSTFIELDS, slot.request.body.data());
    slot.easy.Set(CURLOPT_POSTFIELDSIZE_LARGE,
                  static_cast<curl_off_t>(slot.request.body.size()));
    slot.easy.Set(CURLOPT_TIMEOUT_MS, ToMilliseconds(slot.timeout));
    slot.attachment.emplace(multi_, slot.easy);
  }

  void End(Slot& slot, CURLcode code) {
    PostResult result = ResultOf(slot, code);
    slot.attachment.reset();
    const std::size_t bytes = slot.arriving->bytes();
    done_(slot.request, std::move(result));
    bytes_left_ += bytes;
  }

  PostResult ResultOf(Slot& slot, CURLcode code) const {
    PostResult result{slot.easy.Head(), std::nullopt};
    if (code == CURLE_OK) {
      result.response.body = slot.arriving->TakeBody();
      return result;
    }
    const CurlFailure curl = slot.easy.FailureOf(code);
    Failure& failure = result.failure.emplace();
    failure.kind = KindOf(curl, *slot.arriving, transport_.endpoint_);
    failure.bytes = slot.arriving->body().size();
    failure.limit = failure.kind == FailureKind::kHeadersTooLarge
                        ? kMaxHeaderBytes
                        : transport_.max_bytes_;
    // Report the limit that applied rather than the time that remained.
    const auto whole = std::min(slot.request.timeout, limit_.timeout);
    failure.elapsed =
        curl.connected ? whole : std::min(transport_.connect_timeout_, whole);
    failure.detail = slot.arriving->rejected() ? "out of memory" : curl.text;
    return result;
  }

  const Http2Transport& transport_;
  const Next& next_;
  const CallLimit& limit_;
  const Done& done_;
  const bool share_connections_ = CanShareConnections();
  const HeaderList headers_;
  std::size_t bytes_left_;
  CurlMulti multi_;
  // Destroyed before the multi handle, to which they are attached.
  std::vector<std::unique_ptr<Slot>> slots_;
};

Http2Transport::Http2Transport(Endpoint endpoint,
                               std::vector<std::string> headers,
                               std::chrono::nanoseconds connect_timeout,
                               std::size_t max_bytes)
    : endpoint_(std::move(endpoint)),
      headers_(std::move(headers)),
      connect_timeout_(connect_timeout),
      max_bytes_(max_bytes) {
  InitializeCurlOnce();
}

void Http2Transport::PostAll(const Next& next, const CallLimit& limit,
                             const Done& done) const {
  Call(*this, next, limit, done).Run();
}

bool Http2Transport::SpeaksHttp1(const CallLimit& limit) const {
  constexpr std::chrono::seconds kPatience{1};
  CallLimit soon = limit;
  soon.deadline =
      std::min(limit.deadline, std::chrono::steady_clock::now() + kPatience);
  RuntimeOptions options;
  options.connect_timeout = connect_timeout_;
  // Docker's ping, which has no side effects on any service.
  const auto result = HttpTransport(endpoint_, options).Get("/_ping", soon);
  return std::holds_alternative<HttpResponse>(result);
}

}  // namespace containercollector::internal
