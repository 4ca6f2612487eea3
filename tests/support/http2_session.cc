// SPDX-License-Identifier: Apache-2.0

#include "tests/support/http2_session.h"

#include <stdexcept>
#include <utility>

namespace containercollector::test {
namespace {

const std::uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::string Text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// nghttp2 does not write through the pointer.
std::uint8_t* Unconst(const std::uint8_t* bytes) {
  return const_cast<std::uint8_t*>(bytes);
}

struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};

}  // namespace

std::vector<nghttp2_nv> ToNghttp2(const Headers& headers) {
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : headers) {
    fields.push_back({Unconst(Bytes(name)), Unconst(Bytes(value)), name.size(),
                      value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return fields;
}

/// What nghttp2 calls. `user_data` is the Http2Session.
struct Http2Session::Callbacks {
  static Http2Session& Self(void* user_data) {
    return *static_cast<Http2Session*>(user_data);
  }

  static int Header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                    const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t /*flags*/, void* user_data) {
    const HeaderKind kind = frame->headers.cat == NGHTTP2_HCAT_HEADERS
                                ? HeaderKind::kTrailer
                                : HeaderKind::kFirst;
    return Self(user_data).Guarded([&] {
      Self(user_data).OnHeader(frame->hd.stream_id, kind, Text(name, name_size),
                               Text(value, value_size));
    });
  }

  static int Data(nghttp2_session* /*session*/, std::uint8_t /*flags*/,
                  std::int32_t stream, const std::uint8_t* data,
                  std::size_t size, void* user_data) {
    return Self(user_data).Guarded(
        [&] { Self(user_data).OnData(stream, Text(data, size)); });
  }

  static int Frame(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                   void* user_data) {
    if (frame->hd.type == NGHTTP2_PING &&
        (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
      return Self(user_data).Guarded([&] { Self(user_data).OnPingAck(); });
    const bool has_end =
        frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (!has_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    return Self(user_data).Guarded(
        [&] { Self(user_data).OnEnd(frame->hd.stream_id); });
  }

  static int Closed(nghttp2_session* /*session*/, std::int32_t stream,
                    std::uint32_t error, void* user_data) {
    return Self(user_data).Guarded(
        [&] { Self(user_data).OnClosed(stream, error); });
  }
};

Http2Session::Http2Session(Side side) {
  nghttp2_session_callbacks* made = nullptr;
  Check(nghttp2_session_callbacks_new(&made), "nghttp2_session_callbacks_new");
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(
      made);
  nghttp2_session_callbacks_set_on_header_callback(made, &Callbacks::Header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made,
                                                            &Callbacks::Data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, &Callbacks::Frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(made,
                                                         &Callbacks::Closed);
  nghttp2_session* session = nullptr;
  Check(side == Side::kServer
            ? nghttp2_session_server_new(&session, made, this)
            : nghttp2_session_client_new(&session, made, this),
        "nghttp2_session_new");
  session_.reset(session);
  Check(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0),
        "nghttp2_submit_settings");
}

void Http2Session::Receive(std::string_view bytes) {
  const ssize_t taken =
      nghttp2_session_mem_recv(session(), Bytes(bytes), bytes.size());
  RethrowFromCallback();
  Check(static_cast<std::int32_t>(taken < 0 ? taken : 0), "not HTTP/2");
}

std::string Http2Session::NextOutput() {
  const std::uint8_t* bytes = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session(), &bytes);
  RethrowFromCallback();
  Check(static_cast<std::int32_t>(size < 0 ? size : 0),
        "nghttp2_session_mem_send");
  return Text(bytes, static_cast<std::size_t>(size));
}

bool Http2Session::IsAlive() const {
  return nghttp2_session_want_read(session()) != 0 ||
         nghttp2_session_want_write(session()) != 0;
}

std::int32_t Http2Session::Check(std::int32_t result, const char* what) {
  if (result < 0) {
    throw std::runtime_error(std::string(what) + ": " +
                             nghttp2_strerror(result));
  }
  return result;
}

template <typename Body>
int Http2Session::Guarded(Body body) {
  try {
    body();
    return 0;
  } catch (...) {
    thrown_ = std::current_exception();
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

void Http2Session::RethrowFromCallback() {
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

}  // namespace containercollector::test
