// SPDX-License-Identifier: Apache-2.0

#include "server/routes.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/log.h"
#include "server/request_log.h"

namespace containercollector::server {

using std::chrono::steady_clock;

const std::array<Route, 6> Routes::kRoutes{{
    {"/", "landing", "GET", "this page", true, &Routes::Landing},
    {Processor::kArrayPath, "collect", "POST",
     "the containers of this node, as a JSON array", false, &Routes::Collect},
    {Processor::kObjectPath, "collect", "POST",
     "the same as a JSON object, for KubeDiag v0.2.0 and later", false,
     &Routes::Collect},
    {"/healthz", "healthz", "GET", "whether this server runs", true,
     &Routes::Health},
    {"/readyz", "readyz", "GET", "whether a collection would succeed now", true,
     &Routes::Ready},
    {"/metrics", "metrics", "GET", "metrics for Prometheus", true,
     &Routes::ShowMetrics},
}};

namespace {

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

}  // namespace

bool Routes::Serves(const Route& route) const {
  return listener_ == "main" || route.for_metrics;
}

HttpResponse Routes::NotFound() const {
  std::string text = "Nothing is served at this path. This server has:";
  for (const Route& route : kRoutes) {
    if (!Serves(route)) continue;
    text.append("\n").append(route.method).append(" ").append(route.path);
    text.append(" (").append(route.summary).append(")");
  }
  return TextResponse(404, std::move(text));
}

std::optional<HttpResponse> Routes::Check(HttpRequest& request) {
  const auto* const route =
      std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& each) {
        return each.path == request.path && Serves(each);
      });
  if (route == kRoutes.end()) return NotFound();
  request.route = route;
  if (route->method == "POST") {
    request.body_reader = std::make_shared<CallerFields>();
    if (request.method == "POST") return std::nullopt;
    return ToHttp(std::get<Response>(Parse(request)));
  }
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  HttpResponse response =
      TextResponse(405, "This path takes only GET and HEAD.");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

void Routes::Handle(const HttpRequest& request, Responder responder) {
  (this->*request.route->handler)(request, std::move(responder));
}

void Routes::Record(const RequestRecord& record) {
  const Route* const route = record.request.route;
  const std::string_view name = route == nullptr ? "other" : route->name;
  backend_.metrics.Record(kRequestDuration, Seconds(record.duration),
                          {{"route", name}});
  backend_.metrics.Record(
      kRequests, 1,
      {{"route", name}, {"status", std::to_string(record.status)}});
  // Probes and scrapes arrive every few seconds.
  const bool probe =
      route != nullptr && route->method == "GET" && record.status == 200;
  Log(probe ? LogLevel::kDebug : LogLevel::kInfo, "request",
      RequestLogFields(record));
}

void Routes::Observe(std::size_t connections,
                     std::size_t in_flight_bytes) noexcept {
  const MetricLabels labels = {{"listener", listener_}};
  backend_.metrics.Record(kConnections, static_cast<double>(connections),
                          labels);
  backend_.metrics.Record(kInFlightBytes, static_cast<double>(in_flight_bytes),
                          labels);
}

void Routes::TlsFailed(const std::string& peer, const TlsFailure& failure) {
  backend_.metrics.Record(kTlsFailures, 1, {{"reason", failure.reason}});
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
  for (const Route& route : kRoutes) {
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
  auto& [options, key] = std::get<ProcessorRequest>(parsed);
  Join(options, std::move(responder),
       [this, key = std::move(key)](const Collection& collection) {
         return backend_.responses.For(collection, key);
       });
}

void Routes::Health(const HttpRequest& /*request*/, Responder responder) {
  responder.Send(TextResponse(200, "ok"));
}

void Routes::Ready(const HttpRequest& /*request*/, Responder responder) {
  const auto arrival = steady_clock::now();
  const auto last = std::atomic_load(&backend_.readiness);
  if (last != nullptr && arrival - last->arrival < std::chrono::seconds(1))
    return responder.Send(last->response);
  Join({}, std::move(responder), [this, arrival](const Collection& collection) {
    HttpResponse response = backend_.responses.For(collection, std::nullopt);
    if (response.status == 200) {
      response = TextResponse(200, collection.runtime);
    } else {
      response.status = 503;
    }
    std::atomic_store(&backend_.readiness, std::make_shared<const Readiness>(
                                               Readiness{arrival, response}));
    return response;
  });
}

void Routes::ShowMetrics(const HttpRequest& /*request*/, Responder responder) {
  backend_.metrics.Record(kPending,
                          static_cast<double>(backend_.collections.Pending()));
  HttpResponse response = TextResponse(200, backend_.metrics.ToText());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  responder.Send(std::move(response));
}

void Routes::Join(const ListOptions& options, Responder responder,
                  ToResponse to_response) {
  const auto shared = std::make_shared<Responder>(std::move(responder));
  Waiter waiter;
  waiter.gone = [shared] { return shared->ClientLeft(); };
  waiter.complete = [shared, to_response = std::move(to_response)](
                        const BatchResult& result) {
    try {
      const auto* const collection = std::get_if<CollectionPtr>(&result);
      shared->Send(collection != nullptr
                       ? to_response(**collection)
                       : RejectionResponse(std::get<Rejection>(result)));
    } catch (const std::exception& error) {
      // The responder sends a 500.
      Log(LogLevel::kError, "no memory for a response",
          {{"error", std::string(error.what())}});
    }
  };
  backend_.collections.Join(options, std::move(waiter));
}

}  // namespace containercollector::server
