#include "server/server.h"

#include <chrono>
#include <utility>

#include "containercollector/processor.h"
#include "server/batcher.h"
#include "server/http_server.h"
#include "server/listen_socket.h"
#include "server/log.h"
#include "server/request_log.h"
#include "server/routes.h"

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// During a shutdown, batches may begin their call for this long; what is
/// answered later than the daemon's timeout and the rest of a second is not
/// waited for.
constexpr milliseconds kShutdownGrace{400};
constexpr milliseconds kShutdownRest{900};

constexpr std::size_t kMaxCalls = 4;
constexpr std::size_t kMaxWaiting = 1024;

Batcher::Options BatcherOptions() {
  Batcher::Options options;
  options.max_calls = kMaxCalls;
  options.max_waiting = kMaxWaiting;
  return options;
}

HttpOptions MakeHttpOptions() {
  HttpOptions options;
  options.headers.assign(kTraceHeaders.begin(), kTraceHeaders.end());
  return options;
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const Options& options)
      : docker_timeout_(options.docker.timeout),
        processor_(Client(options.docker)),
        collector_(
            [this](const ListOptions& list_options) -> Answer {
              return std::make_shared<const ProcessorResponse>(
                  processor_.Collect(list_options));
            },
            BatcherOptions()),
        routes_(collector_),
        socket_(options.bind_address, options.port),
        url_("http://" + socket_.endpoint()),
        http_(
            std::move(socket_), MakeHttpOptions(),
            [this](const HttpRequest& request) {
              return routes_.Handle(request);
            },
            [](const RequestRecord& record) {
              Log(LogLevel::kInfo, "request", RequestLogFields(record));
            }) {}

  ~Impl() { Shutdown(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const std::string& url() const noexcept { return url_; }

  void Shutdown() {
    if (std::exchange(shut_down_, true)) return;
    const auto deadline = steady_clock::now() + docker_timeout_ + kShutdownRest;
    http_.StopAccepting();
    collector_.Shutdown(
        kShutdownGrace,
        BusyAnswer("This server is shutting down. Ask again when it is back."));
    http_.Shutdown(deadline);
  }

 private:
  const milliseconds docker_timeout_;
  const Processor processor_;
  Batcher collector_;
  const Routes routes_;
  ListenSocket socket_;
  const std::string url_;
  HttpServer http_;
  bool shut_down_ = false;
};

Server::Server(const Options& options)
    : impl_(std::make_unique<Impl>(options)) {}
Server::~Server() = default;

const std::string& Server::url() const noexcept { return impl_->url(); }
void Server::Shutdown() { impl_->Shutdown(); }

}  // namespace containercollector::server
