// SPDX-License-Identifier: Apache-2.0
/// Shared by the files that use libcurl. Include it only in lib/src/http.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_CURL_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_CURL_H_

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "containercollector/call_options.h"
#include "lib/src/http/arriving_response.h"
#include "lib/src/http/failure.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

[[noreturn]] void ThrowCurlError(const char* text);

/// @throws Error kInternal unless `code` is success.
void Check(CURLcode code);
void Check(CURLMcode code);

/// Call this before any other function of libcurl. Thread-safe.
void InitializeCurlOnce();

/// Returns the duration for libcurl: at least 1, because 0 means "no limit".
long ToMilliseconds(std::chrono::nanoseconds duration);

/// What libcurl reports about a request without a complete response.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  int os_error = 0;
  bool resolved = false;
  bool connected = false;
  std::string text;
};

FailureKind KindOf(const CurlFailure& curl, const ArrivingResponse& response,
                   const Endpoint& endpoint);

/// RAII: owns an easy handle, for one request at a time.
class CurlEasy {
 public:
  /// Sets the options of every request: no signals, proxies or redirects.
  CurlEasy();

  CURL* get() const noexcept { return easy_.get(); }

  template <typename Value>
  void Set(CURLoption option, Value value) {
    Check(curl_easy_setopt(easy_.get(), option, value));
  }

  template <typename Value>
  Value GetInfo(CURLINFO info) const {
    Value value{};
    Check(curl_easy_getinfo(easy_.get(), info, &value));
    return value;
  }

  /// Sets the Unix socket to connect to, if the endpoint is one.
  void SetSocket(const Endpoint& endpoint);

  /// Sets the object that receives the response. Call this before each request.
  void ReceiveInto(ArrivingResponse& response);

  /// Sets `arrived` to true whenever bytes of the response arrive.
  void NoteArrivalIn(bool& arrived) const noexcept {
    transfer_->arrived = &arrived;
  }

  /// Returns the response of a completed request, without its body.
  HttpResponse Head() const;

  CurlFailure FailureOf(CURLcode code) const;

 private:
  struct Deleter {
    void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
  };
  /// The data of a request's callbacks.
  struct Transfer {
    CURL* curl = nullptr;
    ArrivingResponse* response = nullptr;
    bool* arrived = nullptr;
    bool connected = false;
  };

  static int NoteConnection(void* user_data, char* remote_address,
                            char* local_address, int remote_port,
                            int local_port) noexcept;

  static std::size_t AddHeader(char* data, std::size_t size, std::size_t count,
                               void* user_data) noexcept;
  static std::size_t AddBody(char* data, std::size_t size, std::size_t count,
                             void* user_data) noexcept;

  std::unique_ptr<CURL, Deleter> easy_;
  // The callbacks and libcurl hold pointers to these two, so the handle cannot
  // be moved.
  std::unique_ptr<Transfer> transfer_;
  std::unique_ptr<std::array<char, CURL_ERROR_SIZE>> error_text_;
};

/// RAII: owns a multi handle and the connections in it.
class CurlMulti {
 public:
  CurlMulti();

  CURLM* get() const noexcept { return multi_.get(); }

  /// Set when bytes arrive for an attached request.
  bool& arrived() noexcept { return arrived_; }

  /// Runs the attached requests. Calls `done` with the handle and result of
  /// each request that ends, while it is still attached; `done` may attach
  /// others.
  /// @return False if the call was cancelled.
  template <typename Done>
  bool Run(Cancellation* cancellation, const Done& done) {
    constexpr int kLongestWaitMs = 1000;
    std::optional<Cancellation::Wake> wake;
    if (cancellation != nullptr) {
      wake.emplace(*cancellation, [multi = multi_.get()] {
        static_cast<void>(curl_multi_wakeup(multi));
      });
    }
    for (;;) {
      if (cancellation != nullptr && cancellation->cancelled()) return false;
      int running = 0;
      arrived_ = false;
      Check(curl_multi_perform(multi_.get(), &running));
      bool any_ended = false;
      int left = 0;
      while (const CURLMsg* message =
                 curl_multi_info_read(multi_.get(), &left)) {
        any_ended = true;
        done(message->easy_handle, message->data.result);
      }
      // libcurl 7.88 can fail to wake up for data that it has already read,
      // such as the end of an HTTP/2 response in the same packet.
      if (any_ended || arrived_) continue;
      if (running == 0) return true;
      Check(curl_multi_poll(multi_.get(), nullptr, 0, kLongestWaitMs, nullptr));
    }
  }

 private:
  struct Deleter {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };
  std::unique_ptr<CURLM, Deleter> multi_;
  bool arrived_ = false;
};

/// RAII: keeps an easy handle attached to a multi handle.
class CurlAttachment {
 public:
  CurlAttachment(CurlMulti& multi, const CurlEasy& easy)
      : multi_(multi.get()), easy_(easy.get()) {
    easy.NoteArrivalIn(multi.arrived());
    Check(curl_multi_add_handle(multi_, easy_));
  }
  // This can fail only for invalid handles.
  ~CurlAttachment() {
    static_cast<void>(curl_multi_remove_handle(multi_, easy_));
  }
  CurlAttachment(const CurlAttachment&) = delete;
  CurlAttachment& operator=(const CurlAttachment&) = delete;

 private:
  CURLM* multi_;
  CURL* easy_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_CURL_H_
