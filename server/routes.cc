// SPDX-License-Identifier: Apache-2.0

#include "server/routes.h"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/log.h"
#include "server/request_log.h"

namespace containercollector::server {

using std::chrono::steady_clock;

struct RouteTable {
  static constexpr std::array<Route, 6> kRoutes{{
      {"/", "landing", "GET", "this page", true, &Routes::Landing},
      {Processor::kArrayPath, "collect", "POST",
       "the containers of this node, as a JSON array", false, &Routes::Collect},
      {Processor::kObjectPath, "collect", "POST",
       "the same as a JSON object, for KubeDiag v0.2.0 and later", false,
       &Routes::Collect},
      {"/healthz", "healthz", "GET", "whether this server runs", true,
       &Routes::Health},
      {"/readyz", "readyz", "GET", "whether a collection would succeed now",
       true, &Routes::Ready},
      {"/metrics", "metrics", "GET", "metrics for Prometheus", true,
       &Routes::ShowMetrics},
  }};
};

namespace {

HttpResponse WrongMethod() {
  HttpResponse response =
      TextResponse(405, "This path takes only GET and HEAD.");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

std::variant<ProcessorRequest, Response> Parse(const HttpRequest& request) {
  return Processor::Parse(request.method, request.path + "?" + request.query);
}

HttpResponse ToHttp(Response response) {
  return {response.status, std::move(response.content_type),
          std::move(response.headers),
          std::make_shared<const std::string>(std::move(response.body))};
}

HttpResponse RejectionResponse(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTooManyPending:
      return BusyResponse(
          "Too many requests wait for the container runtime already. "
          "Ask again later.");
    case Rejection::kOverdue:
      return BusyResponse(
          "Calls of the container runtime with other options took all the "
          "time there was. Ask again later.");
    case Rejection::kShuttingDown:
      break;
  }
  return BusyResponse(
      "This server is shutting down. Ask again when it is back.");
}

/// Responds with what a function returns for the collection.
template <typename ToResponse>
class RespondingWaiter final : public Waiter {
 public:
  RespondingWaiter(Responder responder, ToResponse to_response)
      : responder_(std::move(responder)), to_response_(to_response) {}

  void Complete(const BatchResult& result) noexcept override {
    try {
      const auto* const collection = std::get_if<CollectionPtr>(&result);
      responder_.Send(collection != nullptr
                          ? to_response_(**collection)
                          : RejectionResponse(std::get<Rejection>(result)));
    } catch (const std::exception& error) {
      // The responder sends a 500.
      Log(LogLevel::kError, "no memory for a response",
          {{"error", std::string(error.what())}});
    }
  }

  bool Gone() const noexcept override { return responder_.ClientLeft(); }

 private:
  Responder responder_;
  const ToResponse to_response_;
};

template <typename ToResponse>
void Join(Batcher<ListOptions>& batcher, const ListOptions& key,
          Responder responder, ToResponse to_response) {
  batcher.Join(key, std::make_unique<RespondingWaiter<ToResponse>>(
                        std::move(responder), to_response));
}

}  // namespace

std::optional<HttpResponse> LastReadiness::Recent() const {
  const std::lock_guard lock(mutex_);
  const auto age = steady_clock::now() - arrival_;
  return age < std::chrono::seconds(1) ? response_ : std::nullopt;
}

void LastReadiness::Save(steady_clock::time_point arrival,
                         const HttpResponse& response) {
  const std::lock_guard lock(mutex_);
  arrival_ = arrival;
  response_ = response;
}

bool Routes::Serves(const Route& route) const {
  return listener_ == Listener::kMain || route.for_metrics;
}

HttpResponse Routes::NotFound() const {
  std::string text = "Nothing is served at this path. This server has:";
  for (const Route& route : RouteTable::kRoutes) {
    if (!Serves(route)) continue;
    text.append("\n").append(route.method).append(" ").append(route.path);
    text.append(" (").append(route.summary).append(")");
  }
  return TextResponse(404, std::move(text));
}

std::optional<HttpResponse> Routes::Check(HttpRequest& request) {
  const auto* const route =
      std::find_if(RouteTable::kRoutes.begin(), RouteTable::kRoutes.end(),
                   [&](const Route& entry) {
                     return entry.path == request.path && Serves(entry);
                   });
  if (route == RouteTable::kRoutes.end()) return NotFound();
  request.route = route;
  if (route->method == request.method ||
      (route->method == "GET" && request.method == "HEAD")) {
    if (route->handler == &Routes::Collect)
      request.body_reader = std::make_shared<CallerFields>();
    return std::nullopt;
  }
  if (route->method == "GET") return WrongMethod();
  return ToHttp(std::get<Response>(Parse(request)));
}

void Routes::Handle(const HttpRequest& request, Responder responder) {
  (this->*request.route->handler)(request, std::move(responder));
}

void Routes::Record(const RequestRecord& record) {
  const Route* const route = record.request.route;
  backend_.metrics.CountRequest(route == nullptr ? "other" : route->name,
                                record.status, record.duration);
  // Probes and scrapes arrive every few seconds.
  const bool probe =
      route != nullptr && route->method == "GET" && record.status == 200;
  Log(probe ? LogLevel::kDebug : LogLevel::kInfo, "request",
      RequestLogFields(record));
}

void Routes::Observe(const HttpLoad& load) noexcept {
  backend_.metrics.SetLoad(listener_, load.connections, load.in_flight_bytes);
}

void Routes::TlsFailed(const std::string& peer, const TlsFailure& failure) {
  backend_.metrics.CountTlsFailure(failure.reason);
  Log(LogLevel::kWarning, "TLS client rejected",
      {{"peer", peer},
       {"reason", std::string(failure.reason)},
       {"error", failure.text}});
}

void Routes::Sweep() {
  backend_.collections.RejectWaitingSince(steady_clock::now() -
                                          backend_.max_wait);
}

void Routes::Landing(const HttpRequest& /*request*/, Responder responder) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
      "<title>Container Collector</title></head>\n<body>\n"
      "<h1>Container Collector</h1>\n<p>Version ";
  html.append(kLibraryVersion).append("</p>\n<ul>\n");
  for (const Route& route : RouteTable::kRoutes) {
    if (!Serves(route)) continue;
    const std::string path(route.path);
    html += "<li>";
    html += route.method == "GET" ? "<a href=\"" + path + "\">" + path + "</a>"
                                  : "<code>POST " + path + "</code>";
    html.append(": ").append(route.summary).append("</li>\n");
  }
  html += "</ul>\n</body>\n</html>\n";
  HttpResponse response = TextResponse(200, std::move(html));
  response.content_type = "text/html; charset=utf-8";
  responder.Send(std::move(response));
}

void Routes::Collect(const HttpRequest& request, Responder responder) {
  auto parsed = Parse(request);
  if (auto* const rejection = std::get_if<Response>(&parsed))
    return responder.Send(ToHttp(std::move(*rejection)));
  const auto& [options, object_key] = std::get<ProcessorRequest>(parsed);
  if (!object_key) {
    return Join(backend_.collections, options, std::move(responder),
                [this](const Collection& collection) {
                  return responses_.Array(collection);
                });
  }
  Join(backend_.collections, options, std::move(responder),
       [this, key = *object_key](const Collection& collection) {
         return responses_.Object(collection, key);
       });
}

void Routes::Health(const HttpRequest& /*request*/, Responder responder) {
  responder.Send(TextResponse(200, "ok"));
}

void Routes::Ready(const HttpRequest& /*request*/, Responder responder) {
  if (auto recent = backend_.readiness.Recent())
    return responder.Send(*std::move(recent));
  Join(backend_.collections, ListOptions{}, std::move(responder),
       [this, arrival = steady_clock::now()](const Collection& collection) {
         HttpResponse response = responses_.Array(collection);
         if (response.status == 200) {
           response = TextResponse(200, collection.runtime);
         } else {
           response.status = 503;
         }
         backend_.readiness.Save(arrival, response);
         return response;
       });
}

void Routes::ShowMetrics(const HttpRequest& /*request*/, Responder responder) {
  backend_.metrics.SetPending(backend_.collections.Pending());
  HttpResponse response = TextResponse(200, backend_.metrics.ToText());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  responder.Send(std::move(response));
}

}  // namespace containercollector::server
