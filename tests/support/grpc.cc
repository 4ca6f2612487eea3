// SPDX-License-Identifier: Apache-2.0

#include "tests/support/grpc.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "tests/support/http2_session.h"
#include "tests/support/raw_client.h"

namespace containercollector::test {
namespace {

constexpr std::size_t kPrefixSize = 5;

}  // namespace

std::string GrpcPrefix(std::uint8_t flag, std::uint32_t length) {
  std::string prefix(1, static_cast<char>(flag));
  for (int shift = 24; shift >= 0; shift -= 8)
    prefix += static_cast<char>((length >> shift) & 0xff);
  return prefix;
}

std::string GrpcFrame(std::string_view message) {
  return GrpcPrefix(0, static_cast<std::uint32_t>(message.size()))
      .append(message);
}

std::optional<std::string> GrpcMessage(std::string_view body) {
  if (body.size() < kPrefixSize) return std::nullopt;
  const std::string_view message = body.substr(kPrefixSize);
  if (GrpcFrame(message) != body) return std::nullopt;
  return std::string(message);
}

std::optional<std::string> FindHeader(const Headers& headers,
                                      std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(),
                   [name](const auto& header) { return header.first == name; });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

std::optional<int> GrpcResult::Status() const {
  std::optional<std::string> status = FindHeader(trailers, "grpc-status");
  if (!status) status = FindHeader(headers, "grpc-status");
  if (!status) return std::nullopt;
  return std::stoi(*status);
}

std::string GrpcResult::ErrorMessage() const {
  std::optional<std::string> text = FindHeader(trailers, "grpc-message");
  if (!text) text = FindHeader(headers, "grpc-message");
  return text.value_or("");
}

std::string GrpcResult::Message() const {
  const std::optional<int> status = Status();
  const std::optional<std::string> message = GrpcMessage(body);
  if (end != End::kWhole || status != 0 || !message) {
    throw std::runtime_error(
        "a gRPC call failed: status " +
        (status ? std::to_string(*status) : std::string("none")) + ", " +
        ErrorMessage());
  }
  return *message;
}

class GrpcClient::Session final : public Http2Session {
 public:
  explicit Session(const std::string& host)
      : Http2Session(Side::kClient), connection_(host) {}

  std::int32_t Begin(const std::string& path, std::string_view message) {
    Upload upload{GrpcFrame(message), 0};
    const Headers headers = {{":method", "POST"},
                             {":scheme", "http"},
                             {":path", path},
                             {":authority", "localhost"},
                             {"content-type", "application/grpc"},
                             {"te", "trailers"}};
    const std::vector<nghttp2_nv> fields = ToNghttp2(headers);
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = &Session::ReadUpload;
    const std::int32_t stream =
        Check(nghttp2_submit_request(session(), nullptr, fields.data(),
                                     fields.size(), &provider, nullptr),
              "nghttp2_submit_request");
    uploads_[stream] = std::move(upload);
    results_[stream] = {};
    SendOutput();
    return stream;
  }

  GrpcResult Wait(std::int32_t call, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    GrpcResult& result = results_.at(call);
    while (ended_.count(call) == 0) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return result;
      const RawClient::Received received = connection_.ReceiveSome(left);
      if (received.end == RawClient::End::kTimedOut) continue;
      if (received.bytes.empty()) {
        result.end = GrpcResult::End::kConnectionClosed;
        break;
      }
      Receive(received.bytes);
      SendOutput();
    }
    return result;
  }

 private:
  struct Upload {
    std::string bytes;
    std::size_t sent = 0;
  };

  static ssize_t ReadUpload(nghttp2_session* /*session*/, std::int32_t stream,
                            std::uint8_t* buffer, std::size_t size,
                            std::uint32_t* flags, nghttp2_data_source* source,
                            void* /*user_data*/) {
    Upload& upload = static_cast<Session*>(source->ptr)->uploads_.at(stream);
    const std::size_t part = std::min(size, upload.bytes.size() - upload.sent);
    std::copy_n(upload.bytes.data() + upload.sent, part, buffer);
    upload.sent += part;
    if (upload.sent == upload.bytes.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part);
  }

  void OnHeader(std::int32_t stream, HeaderKind kind, std::string name,
                std::string value) override {
    GrpcResult& result = results_.at(stream);
    (kind == HeaderKind::kFirst ? result.headers : result.trailers)
        .emplace_back(std::move(name), std::move(value));
  }

  void OnData(std::int32_t stream, std::string_view bytes) override {
    results_.at(stream).body.append(bytes);
  }

  void OnEnd(std::int32_t /*stream*/) override {}

  void OnClosed(std::int32_t stream, std::uint32_t error) override {
    results_.at(stream).end =
        error == 0 ? GrpcResult::End::kWhole : GrpcResult::End::kReset;
    ended_[stream] = true;
  }

  void SendOutput() {
    for (std::string bytes = NextOutput(); !bytes.empty();
         bytes = NextOutput()) {
      // Receiving tells why nothing can be sent any more.
      if (!connection_.Send(bytes)) return;
    }
  }

  RawClient connection_;
  std::map<std::int32_t, Upload> uploads_;
  std::map<std::int32_t, GrpcResult> results_;
  std::map<std::int32_t, bool> ended_;
};

GrpcClient::GrpcClient(const std::string& host)
    : session_(std::make_unique<Session>(host)) {}

GrpcClient::~GrpcClient() = default;

std::int32_t GrpcClient::Begin(const std::string& path,
                               std::string_view message) {
  return session_->Begin(path, message);
}

GrpcResult GrpcClient::Wait(std::int32_t call,
                            std::chrono::milliseconds timeout) {
  return session_->Wait(call, timeout);
}

}  // namespace containercollector::test
