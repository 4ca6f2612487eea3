// SPDX-License-Identifier: Apache-2.0

#include "tests/support/runtime_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/support/grpc.h"

namespace containercollector::test {
namespace {

bool MayRetry(int error) { return error == EAGAIN || error == EINTR; }

/// @throws std::runtime_error unless a gRPC server would take the call.
void CheckCall(const RuntimeCall& call, const std::string& body) {
  const auto require = [&call](bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(call.path + ": " + what);
  };
  require(FindHeader(call.headers, ":method") == "POST", "not a POST");
  require(FindHeader(call.headers, "content-type") == "application/grpc",
          "the content-type is not application/grpc");
  require(FindHeader(call.headers, "te") == "trailers", "te is not trailers");
  require(GrpcMessage(body).has_value(), "the body is not one message");
}

}  // namespace

RuntimeConnection::RuntimeConnection(FileDescriptor socket, std::size_t ordinal,
                                     Handler handler)
    : Http2Session(Side::kServer),
      socket_(std::move(socket)),
      ordinal_(ordinal),
      handler_(std::move(handler)) {}

bool RuntimeConnection::ReceiveSome() {
  std::array<char, 65536> buffer{};
  const ssize_t received =
      ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (received < 0) return MayRetry(errno);
  if (received == 0) return false;
  Receive({buffer.data(), static_cast<std::size_t>(received)});
  return true;
}

void RuntimeConnection::BeginDue(bool released) {
  const Clock::time_point now = Clock::now();
  for (auto& [id, stream] : streams_) {
    if (!stream.due || *stream.due > now) continue;
    if (stream.response.when_released && !released) continue;
    stream.due.reset();
    Begin(id, stream);
  }
}

bool RuntimeConnection::SendSome() {
  for (;;) {
    if (!HasOutput()) {
      output_ = NextOutput();
      sent_ = 0;
      if (output_.empty()) return !close_ && IsAlive();
    }
    const ssize_t sent = ::send(socket_.get(), output_.data() + sent_,
                                output_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0) return MayRetry(errno);
    sent_ += static_cast<std::size_t>(sent);
  }
}

bool RuntimeConnection::WaitsForRelease() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const auto& entry) {
    return entry.second.due && entry.second.response.when_released;
  });
}

std::optional<RuntimeConnection::Clock::time_point> RuntimeConnection::NextDue(
    bool released) const {
  std::optional<Clock::time_point> next;
  for (const auto& [id, stream] : streams_) {
    if (!stream.due) continue;
    if (stream.response.when_released && !released) continue;
    if (!next || *stream.due < *next) next = stream.due;
  }
  return next;
}

void RuntimeConnection::OnHeader(std::int32_t stream, HeaderKind /*kind*/,
                                 std::string name, std::string value) {
  streams_[stream].call.headers.emplace_back(std::move(name), std::move(value));
}

void RuntimeConnection::OnData(std::int32_t stream, std::string_view bytes) {
  streams_[stream].body.append(bytes);
}

void RuntimeConnection::OnEnd(std::int32_t id) {
  Stream& stream = streams_[id];
  RuntimeCall& call = stream.call;
  call.path = FindHeader(call.headers, ":path").value_or("");
  call.method = call.path.substr(call.path.rfind('/') + 1);
  call.connection = ordinal_;
  CheckCall(call, stream.body);
  call.message = GrpcMessage(stream.body).value_or("");
  stream.response = handler_(call);
  stream.due = Clock::now() + stream.response.delay;
}

void RuntimeConnection::OnClosed(std::int32_t stream, std::uint32_t /*error*/) {
  streams_.erase(stream);
}

void RuntimeConnection::Begin(std::int32_t id, Stream& stream) {
  const RuntimeResponse& response = stream.response;
  Headers headers = response.headers;
  headers.insert(headers.begin(),
                 {":status", std::to_string(response.http_status)});
  const std::vector<nghttp2_nv> fields = ToNghttp2(headers);
  nghttp2_data_provider provider{};
  provider.source.ptr = this;
  provider.read_callback = &RuntimeConnection::ReadBody;
  const bool headers_only = response.body.empty() &&
                            response.end == RuntimeResponse::End::kNoTrailers;
  Check(nghttp2_submit_response(session(), id, fields.data(), fields.size(),
                                headers_only ? nullptr : &provider),
        "nghttp2_submit_response");
}

ssize_t RuntimeConnection::ReadBody(nghttp2_session* /*session*/,
                                    std::int32_t stream, std::uint8_t* buffer,
                                    std::size_t size, std::uint32_t* flags,
                                    nghttp2_data_source* source,
                                    void* /*user_data*/) noexcept {
  auto& self = *static_cast<RuntimeConnection*>(source->ptr);
  const auto found = self.streams_.find(stream);
  if (found == self.streams_.end()) return NGHTTP2_ERR_CALLBACK_FAILURE;
  Stream& state = found->second;
  const std::string& body = state.response.body;
  const std::size_t part = std::min(size, body.size() - state.sent);
  std::copy_n(body.data() + state.sent, part, buffer);
  state.sent += part;
  if (state.sent < body.size()) return static_cast<ssize_t>(part);
  return self.EndBody(stream, state, part, *flags);
}

ssize_t RuntimeConnection::EndBody(std::int32_t id, Stream& stream,
                                   std::size_t part, std::uint32_t& flags) {
  using End = RuntimeResponse::End;
  const End end = stream.response.end;
  if (end == End::kNoTrailers || end == End::kTrailers)
    flags |= NGHTTP2_DATA_FLAG_EOF;
  if (end == End::kTrailers) {
    flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const std::vector<nghttp2_nv> fields = ToNghttp2(stream.response.trailers);
    if (nghttp2_submit_trailer(session(), id, fields.data(), fields.size()) !=
        0) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
  const bool ended = (flags & NGHTTP2_DATA_FLAG_EOF) != 0;
  // The rest follows when the last bytes are out.
  if (part > 0 || ended) return static_cast<ssize_t>(part);
  // The client would drop bytes that it reads together with the end.
  stream.breaks = end == End::kClose || end == End::kReset;
  if (stream.breaks &&
      nghttp2_submit_ping(session(), NGHTTP2_FLAG_NONE, nullptr) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return NGHTTP2_ERR_DEFERRED;
}

void RuntimeConnection::OnPingAck() {
  for (const auto& [id, stream] : streams_) {
    if (!stream.breaks) continue;
    if (stream.response.end == RuntimeResponse::End::kClose) close_ = true;
    if (stream.response.end == RuntimeResponse::End::kReset)
      Check(nghttp2_submit_rst_stream(session(), NGHTTP2_FLAG_NONE, id,
                                      NGHTTP2_INTERNAL_ERROR),
            "nghttp2_submit_rst_stream");
  }
}

}  // namespace containercollector::test
