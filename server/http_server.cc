#include "server/http_server.h"

#include <microhttpd.h>

#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <thread>

#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

/// Room for libmicrohttpd's own notes besides the headers, so that it is
/// max_header_bytes that limits them.
constexpr std::size_t kMemoryPerHeaderByte = 2;

struct ResponseDeleter {
  void operator()(MHD_Response* response) const noexcept {
    MHD_destroy_response(response);
  }
};
using ResponsePtr = std::unique_ptr<MHD_Response, ResponseDeleter>;

/// One request, from its first line to the end of its answer.
struct Exchange {
  HttpRequest request;
  steady_clock::time_point start = steady_clock::now();
  bool headers_seen = false;
  std::size_t body_bytes = 0;
  Deferred deferred;
  /// Written by whoever responds, before it resumes the connection; read after.
  Answer answer;
  int status = 0;
  std::size_t answer_bytes = 0;
};

void FreeAnswer(void* answer) { delete static_cast<Answer*>(answer); }

/// A response that shares the answer's body.
ResponsePtr MakeResponse(const Answer& answer, bool close) {
  auto shared = std::make_unique<Answer>(answer);
  // libmicrohttpd takes a buffer that is not const, but does not write to it.
  ResponsePtr response(MHD_create_response_from_buffer_with_free_callback_cls(
      answer->body.size(), const_cast<char*>(answer->body.data()), &FreeAnswer,
      shared.get()));
  if (response == nullptr) return nullptr;
  static_cast<void>(shared.release());  // FreeAnswer() has it now.

  const auto add = [&](const char* name, const std::string& value) {
    return MHD_add_response_header(response.get(), name, value.c_str()) ==
           MHD_YES;
  };
  bool complete = add(MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
  for (const auto& [name, value] : answer->headers)
    complete = complete && add(name.c_str(), value);
  if (close) complete = complete && add(MHD_HTTP_HEADER_CONNECTION, "close");
  return complete ? std::move(response) : nullptr;
}

std::optional<std::string> Header(MHD_Connection* connection,
                                  std::string_view name) {
  const char* value = nullptr;
  std::size_t size = 0;
  if (MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, name.data(),
                                    name.size(), &value, &size) != MHD_YES ||
      value == nullptr)
    return std::nullopt;
  return std::string(value, size);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ListenSocket socket, HttpOptions options, HttpHandler handler,
       std::function<void(const RequestRecord&)> on_request)
      : socket_(std::move(socket)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        on_request_(std::move(on_request)) {
    const std::size_t memory = options_.max_header_bytes * kMemoryPerHeaderByte;
    const auto idle_seconds =
        static_cast<unsigned int>(options_.idle_timeout.count());
    daemon_.reset(MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_ERROR_LOG,
        0, nullptr, nullptr, &Impl::OnAccess, this,  //
        MHD_OPTION_EXTERNAL_LOGGER, &Impl::OnMessage, this,
        MHD_OPTION_LISTEN_SOCKET, socket_.fd(),  //
        MHD_OPTION_URI_LOG_CALLBACK, &Impl::OnTarget, this,
        MHD_OPTION_NOTIFY_COMPLETED, &Impl::OnCompleted, this,
        MHD_OPTION_CONNECTION_LIMIT,
        static_cast<unsigned int>(options_.max_connections),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        static_cast<unsigned int>(options_.max_connections_per_address),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_END));
    if (daemon_ == nullptr) {
      throw std::runtime_error("Cannot start the HTTP server on " +
                               socket_.endpoint() +
                               ": libmicrohttpd failed. Look at the limits of "
                               "memory, threads and open files.");
    }
  }

  void StopAccepting() {
    closing_ = true;
    // The socket is still ours to close, and libmicrohttpd does not use it any
    // more.
    if (MHD_quiesce_daemon(daemon_.get()) != MHD_INVALID_SOCKET)
      socket_.Close();
  }

  void Shutdown(steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds kPause{5};
    while (OpenConnections() > 0 && steady_clock::now() < deadline)
      std::this_thread::sleep_for(kPause);
    daemon_.reset();
  }

 private:
  struct DaemonStopper {
    void operator()(MHD_Daemon* daemon) const noexcept {
      MHD_stop_daemon(daemon);
    }
  };

  // What libmicrohttpd calls. An exception that left one would end the process.

  static void OnMessage(void* /*self*/, const char* format,
                        va_list arguments) noexcept {
    std::string text(512, '\0');
    const int length =
        std::vsnprintf(text.data(), text.size(), format, arguments);
    if (length < 0) return;
    text.resize(std::min(static_cast<std::size_t>(length), text.size() - 1));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    Log(LogLevel::kDebug, "http", {{"text", text}});
  }

  static void* OnTarget(void* /*self*/, const char* target,
                        MHD_Connection* /*connection*/) noexcept {
    try {
      auto exchange = std::make_unique<Exchange>();
      const std::string_view text(target);
      const std::size_t mark = text.find('?');
      exchange->request.path = text.substr(0, mark);
      if (mark != std::string_view::npos)
        exchange->request.query = text.substr(mark + 1);
      return exchange.release();  // OnCompleted() takes it back.
    } catch (const std::exception&) {
      return nullptr;
    }
  }

  static MHD_Result OnAccess(void* self, MHD_Connection* connection,
                             const char* /*url*/, const char* method,
                             const char* /*version*/, const char* /*data*/,
                             std::size_t* data_size, void** context) noexcept {
    auto* const exchange = static_cast<Exchange*>(*context);
    if (exchange == nullptr) return MHD_NO;
    try {
      return static_cast<Impl*>(self)->Access(connection, method, data_size,
                                              *exchange);
    } catch (const std::exception&) {
      return MHD_NO;
    }
  }

  static void OnCompleted(void* self, MHD_Connection* /*connection*/,
                          void** context,
                          MHD_RequestTerminationCode code) noexcept {
    const std::unique_ptr<Exchange> exchange(
        static_cast<Exchange*>(std::exchange(*context, nullptr)));
    if (exchange == nullptr) return;
    try {
      RequestRecord record;
      record.request = std::move(exchange->request);
      record.status = exchange->status;
      record.duration = steady_clock::now() - exchange->start;
      record.bytes = exchange->answer_bytes;
      record.delivered = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
      static_cast<Impl*>(self)->on_request_(record);
    } catch (const std::exception&) {
      // One log line less.
    }
  }

  MHD_Result Access(MHD_Connection* connection, const char* method,
                    std::size_t* data_size, Exchange& exchange) {
    if (!exchange.headers_seen) {
      exchange.headers_seen = true;
      return ReactToHeaders(connection, method, exchange);
    }
    if (*data_size > 0) {
      exchange.body_bytes += *data_size;
      *data_size = 0;
      // Too late for an answer: libmicrohttpd can only end the connection.
      return exchange.body_bytes > options_.max_body_bytes ? MHD_NO : MHD_YES;
    }
    if (exchange.answer != nullptr)
      return Send(connection, exchange, exchange.answer);

    // Suspended first: from the next line on, the answer may come.
    MHD_suspend_connection(connection);
    exchange.deferred([connection, &exchange](Answer answer) {
      exchange.answer = std::move(answer);
      MHD_resume_connection(connection);
    });
    return MHD_YES;
  }

  MHD_Result ReactToHeaders(MHD_Connection* connection, const char* method,
                            Exchange& exchange) {
    exchange.request.method = method;
    for (const std::string_view name : options_.headers) {
      if (auto value = Header(connection, name))
        exchange.request.headers.emplace_back(name, *std::move(value));
    }
    auto reaction = handler_(exchange.request);
    if (const auto* answer = std::get_if<Answer>(&reaction))
      return Send(connection, exchange, *answer);
    exchange.deferred = std::get<Deferred>(std::move(reaction));
    return MHD_YES;
  }

  MHD_Result Send(MHD_Connection* connection, Exchange& exchange,
                  const Answer& answer) {
    const ResponsePtr response = MakeResponse(answer, closing_);
    if (response == nullptr) return MHD_NO;
    exchange.status = answer->status;
    exchange.answer_bytes = answer->body.size();
    return MHD_queue_response(
        connection, static_cast<unsigned int>(answer->status), response.get());
  }

  unsigned int OpenConnections() {
    const auto* const info =
        MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info == nullptr ? 0 : info->num_connections;
  }

  ListenSocket socket_;
  const HttpOptions options_;
  const HttpHandler handler_;
  const std::function<void(const RequestRecord&)> on_request_;
  std::atomic<bool> closing_{false};
  std::unique_ptr<MHD_Daemon, DaemonStopper> daemon_;
};

HttpServer::HttpServer(ListenSocket socket, HttpOptions options,
                       HttpHandler handler,
                       std::function<void(const RequestRecord&)> on_request)
    : impl_(std::make_unique<Impl>(std::move(socket), std::move(options),
                                   std::move(handler), std::move(on_request))) {
}
HttpServer::~HttpServer() = default;

void HttpServer::StopAccepting() { impl_->StopAccepting(); }

void HttpServer::Shutdown(steady_clock::time_point deadline) {
  impl_->Shutdown(deadline);
}

}  // namespace containercollector::server
