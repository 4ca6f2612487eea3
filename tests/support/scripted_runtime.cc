// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_runtime.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <exception>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace containercollector::test {
namespace {

using End = RuntimeResponse::End;

int Check(std::int64_t result, const char* what) {
  if (result < 0)
    throw std::runtime_error(std::string(what) + ": " +
                             nghttp2_strerror(static_cast<int>(result)));
  return static_cast<int>(result);
}

std::string Text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// Points into `headers`. nghttp2 does not write through the pointers.
std::vector<nghttp2_nv> ToNghttp2(const Headers& headers) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : headers)
    fields.push_back({bytes(name), bytes(value), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE});
  return fields;
}

/// @throws std::runtime_error unless a gRPC server would accept the call.
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

/// A runtime's side of one HTTP/2 connection.
class RuntimeConnection {
 public:
  /// Called for each complete call.
  using Handler = std::function<RuntimeResponse(const RuntimeCall&)>;

  RuntimeConnection(Exchange& exchange, const Event& released, Handler handler)
      : exchange_(exchange), released_(released), handler_(std::move(handler)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    Check(nghttp2_session_callbacks_new(&callbacks), "nghttp2");
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              &OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &OnFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           &OnClosed);
    const int result = nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    Check(result, "nghttp2_session_server_new");
  }
  ~RuntimeConnection() { nghttp2_session_del(session_); }

  RuntimeConnection(const RuntimeConnection&) = delete;
  RuntimeConnection& operator=(const RuntimeConnection&) = delete;

  /// Serves the connection until it ends.
  /// @throws std::runtime_error if the peer does not send gRPC over HTTP/2, and
  /// what the handler throws.
  void Serve() {
    Check(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0),
          "nghttp2_submit_settings");
    do {
      BeginDue();
    } while (SendOutput() && Wait());
  }

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

  // What nghttp2 calls. `self` is the RuntimeConnection.
  static int OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t /*flags*/, void* self) {
    Self(self).streams_[frame->hd.stream_id].call.headers.emplace_back(
        Text(name, name_size), Text(value, value_size));
    return 0;
  }

  static int OnData(nghttp2_session* /*session*/, std::uint8_t /*flags*/,
                    std::int32_t stream, const std::uint8_t* data,
                    std::size_t size, void* self) {
    Self(self).streams_[stream].body += Text(data, size);
    return 0;
  }

  static int OnFrame(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                     void* self) {
    const nghttp2_frame_hd& head = frame->hd;
    try {
      if (head.type == NGHTTP2_PING && (head.flags & NGHTTP2_FLAG_ACK) != 0)
        Self(self).BreakStreams();
      if ((head.type == NGHTTP2_DATA || head.type == NGHTTP2_HEADERS) &&
          (head.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        Self(self).EndCall(head.stream_id);
      return 0;
    } catch (...) {
      Self(self).thrown_ = std::current_exception();
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static int OnClosed(nghttp2_session* /*session*/, std::int32_t stream,
                      std::uint32_t /*error*/, void* self) {
    Self(self).streams_.erase(stream);
    return 0;
  }

  static ssize_t OnBody(nghttp2_session* /*session*/, std::int32_t stream,
                        std::uint8_t* buffer, std::size_t size,
                        std::uint32_t* flags, nghttp2_data_source* /*source*/,
                        void* self) {
    return Self(self).ReadBody(stream, buffer, size, *flags);
  }

  static RuntimeConnection& Self(void* self) {
    return *static_cast<RuntimeConnection*>(self);
  }

  void BeginDue() {
    for (auto& [id, stream] : streams_) {
      if (!stream.due || *stream.due > Clock::now()) continue;
      if (stream.response.when_released && !released_.IsSet()) continue;
      stream.due.reset();
      Begin(id, stream.response);
    }
  }

  /// Returns whether the connection goes on.
  bool SendOutput() {
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      Check(size, "nghttp2_session_mem_send");
      if (size == 0) break;
      if (!exchange_.Send(Text(bytes, static_cast<std::size_t>(size))))
        return false;
    }
    return !close_ && (nghttp2_session_want_read(session_) != 0 ||
                       nghttp2_session_want_write(session_) != 0);
  }

  /// Waits for bytes, a release or the time of a response. Returns whether the
  /// connection goes on.
  bool Wait() {
    using std::chrono::milliseconds;
    bool for_release = false;
    std::optional<milliseconds> time;
    for (const auto& [id, stream] : streams_) {
      if (!stream.due) continue;
      if (stream.response.when_released && !released_.IsSet()) {
        for_release = true;
        continue;
      }
      const auto left =
          std::max(std::chrono::ceil<milliseconds>(*stream.due - Clock::now()),
                   milliseconds(0));
      time = std::min(time.value_or(left), left);
    }
    const std::optional<int> events = exchange_.Wait(POLLIN, for_release, time);
    if (!events || *events == 0) return events.has_value();
    std::string received;
    if (!exchange_.Receive(received)) return false;
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const std::uint8_t*>(received.data()),
        received.size());
    if (thrown_) std::rethrow_exception(thrown_);
    Check(taken, "not HTTP/2");
    return true;
  }

  void EndCall(std::int32_t id) {
    Stream& stream = streams_[id];
    RuntimeCall& call = stream.call;
    call.path = FindHeader(call.headers, ":path").value_or("");
    call.method = call.path.substr(call.path.rfind('/') + 1);
    CheckCall(call, stream.body);
    call.message = GrpcMessage(stream.body).value_or("");
    stream.response = handler_(call);
    stream.due = Clock::now() + stream.response.delay;
  }

  void Begin(std::int32_t id, const RuntimeResponse& response) {
    Headers headers = {{":status", std::to_string(response.http_status)}};
    headers.insert(headers.end(), response.headers.begin(),
                   response.headers.end());
    const std::vector<nghttp2_nv> fields = ToNghttp2(headers);
    nghttp2_data_provider provider{};
    provider.read_callback = &OnBody;
    const bool headers_only =
        response.body.empty() && response.end == End::kNoTrailers;
    Check(nghttp2_submit_response(session_, id, fields.data(), fields.size(),
                                  headers_only ? nullptr : &provider),
          "nghttp2_submit_response");
  }

  ssize_t ReadBody(std::int32_t id, std::uint8_t* buffer, std::size_t size,
                   std::uint32_t& flags) {
    Stream& stream = streams_[id];
    const std::string& body = stream.response.body;
    const End end = stream.response.end;
    const std::size_t part = std::min(size, body.size() - stream.sent);
    std::copy_n(body.data() + stream.sent, part, buffer);
    stream.sent += part;
    const auto result = static_cast<ssize_t>(part);
    if (stream.sent < body.size()) return result;
    if (end == End::kNoTrailers || end == End::kTrailers)
      flags |= NGHTTP2_DATA_FLAG_EOF;
    if (end == End::kTrailers) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const std::vector<nghttp2_nv> fields =
          ToNghttp2(stream.response.trailers);
      nghttp2_submit_trailer(session_, id, fields.data(), fields.size());
    }
    // The rest follows when the last bytes are out.
    if (part > 0 || (flags & NGHTTP2_DATA_FLAG_EOF) != 0) return result;
    // The client would drop bytes that it reads together with the end.
    stream.breaks = end == End::kClose || end == End::kReset;
    if (stream.breaks)
      nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    return NGHTTP2_ERR_DEFERRED;
  }

  /// The client has read all that was sent before the ping.
  void BreakStreams() {
    for (const auto& [id, stream] : streams_) {
      if (!stream.breaks) continue;
      if (stream.response.end == End::kClose) close_ = true;
      if (stream.response.end == End::kReset)
        Check(nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id,
                                        NGHTTP2_INTERNAL_ERROR),
              "nghttp2_submit_rst_stream");
    }
  }

  Exchange& exchange_;
  const Event& released_;
  const Handler handler_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Stream> streams_;
  std::exception_ptr thrown_;
  bool close_ = false;
};

Headers StatusHeaders(GrpcCode code, std::string_view text) {
  return {{"grpc-status", std::to_string(static_cast<int>(code))},
          {"grpc-message", std::string(text)}};
}

/// The element with the id that the call names, or containerd's error.
template <typename Element, typename ToMessage>
RuntimeResponse ById(const std::vector<Element>& elements,
                     const RuntimeCall& call, const std::string& what,
                     ToMessage to_message) {
  const std::string id = FirstString(call.message);
  for (const Element& element : elements) {
    if (element.id == id)
      return GrpcOk(to_message(element, IsVerbose(call.message)));
  }
  return GrpcError(GrpcCode::kNotFound, "an error occurred when try to find " +
                                            what + " \"" + id +
                                            "\": not found");
}

RuntimeResponse Unimplemented(const RuntimeCall& call,
                              std::string_view service) {
  const std::string called = call.path.substr(1, call.path.rfind('/') - 1);
  return GrpcError(GrpcCode::kUnimplemented,
                   called != service ? "unknown service " + called
                                     : "unknown method " + call.method +
                                           " for service " + called);
}

RuntimeResponse Respond(const CriNode& node, const RuntimeCall& call,
                        std::string_view service) {
  if (call.path != "/" + std::string(service) + "/" + call.method)
    return Unimplemented(call, service);
  if (call.method == "Version")
    return GrpcOk(VersionResponse(node.runtime_name));
  if (call.method == "ListContainers")
    return GrpcOk(ListContainersResponse(node.containers));
  if (call.method == "ListPodSandbox")
    return GrpcOk(ListPodSandboxResponse(node.sandboxes));
  if (call.method == "ListContainerStats")
    return GrpcOk(ListContainerStatsResponse(node.containers));
  if (call.method == "ContainerStatus")
    return ById(node.containers, call, "container", &ContainerStatusResponse);
  if (call.method == "PodSandboxStatus")
    return ById(node.sandboxes, call, "sandbox", &PodSandboxStatusResponse);
  return Unimplemented(call, service);
}

}  // namespace

ScriptedRuntime::ScriptedRuntime(const std::string& socket_path,
                                 RuntimeScript script, DaemonOptions options)
    : ScriptedServer(UnixSocket{socket_path}, options) {
  SetScript(std::move(script));
  Serve([this](Exchange& exchange) {
    RuntimeConnection(exchange, released(), [this](const auto& call) {
      return Handle(call);
    }).Serve();
  });
}

void ScriptedRuntime::SetScript(RuntimeScript script) {
  Update([&] {
    script_ = std::make_shared<const RuntimeScript>(std::move(script));
  });
}

std::size_t ScriptedRuntime::CallsOf(const std::string& method) const {
  const std::vector<RuntimeCall> calls = Calls();
  return static_cast<std::size_t>(std::count_if(
      calls.begin(), calls.end(),
      [&](const RuntimeCall& call) { return call.method == method; }));
}

bool ScriptedRuntime::WaitForCalls(std::size_t count,
                                   std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return calls_.size() >= count; });
}

RuntimeResponse ScriptedRuntime::Handle(const RuntimeCall& call) {
  std::shared_ptr<const RuntimeScript> script;
  Update([&] {
    calls_.push_back(call);
    script = script_;
  });
  return (*script)(call);
}

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
  constexpr std::size_t kPrefixSize = 5;
  if (body.size() < kPrefixSize) return std::nullopt;
  const std::string_view message = body.substr(kPrefixSize);
  if (GrpcFrame(message) != body) return std::nullopt;
  return std::string(message);
}

RuntimeResponse GrpcOk(std::string_view message) {
  RuntimeResponse response;
  response.body = GrpcFrame(message);
  return response;
}

RuntimeResponse GrpcError(GrpcCode code, std::string_view text) {
  RuntimeResponse response;
  for (auto& header : StatusHeaders(code, text))
    response.headers.push_back(std::move(header));
  response.end = RuntimeResponse::End::kNoTrailers;
  return response;
}

RuntimeResponse GrpcErrorInTrailers(GrpcCode code, std::string_view text) {
  RuntimeResponse response;
  response.trailers = StatusHeaders(code, text);
  return response;
}

RuntimeScript GoodRuntime(CriNode node, std::string_view service) {
  return [node = std::move(node), service = std::string(service)](
             const RuntimeCall& call) { return Respond(node, call, service); };
}

RuntimeScript RuntimeWithoutCri() {
  return [](const RuntimeCall& call) { return Unimplemented(call, ""); };
}

RuntimeScript With(RuntimeScript script, std::string method,
                   RuntimeResponse response) {
  return Changing(std::move(script), std::move(method),
                  [=](RuntimeResponse& changed) { changed = response; });
}

RuntimeScript Changing(RuntimeScript script, std::string method,
                       std::function<void(RuntimeResponse&)> change) {
  return [script = std::move(script), method = std::move(method),
          change = std::move(change)](const RuntimeCall& call) {
    RuntimeResponse response = script(call);
    if (method.empty() || call.method == method) change(response);
    return response;
  };
}

}  // namespace containercollector::test
