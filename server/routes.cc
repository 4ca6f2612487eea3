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
#include "server/log.h"

namespace containercollector::server {

struct RouteTable {
  static constexpr std::array<Route, 4> kRoutes{{
      {Processor::kArrayPath, "collect", "POST", &Routes::Collect},
      {"/healthz", "healthz", "GET", &Routes::Health},
      {"/readyz", "readyz", "GET", &Routes::Ready},
      {"/metrics", "metrics", "GET", &Routes::ShowMetrics},
  }};
};

namespace {

HttpResponse NotFound() {
  return TextResponse(404, "Nothing is served at this path. Ask with POST " +
                               std::string(Processor::kArrayPath) +
                               ", or with GET /healthz, /readyz or /metrics.");
}

HttpResponse WrongMethod() {
  HttpResponse response =
      TextResponse(405, "This path takes only GET and HEAD.");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

HttpResponse ToHttp(Response response) {
  return {response.status, std::move(response.content_type),
          std::move(response.headers),
          std::make_shared<const std::string>(std::move(response.body))};
}

/// Shares the collection's JSON.
HttpResponse CollectionResponse(const Collection& collection) {
  if (!collection.error) return {200, "application/json", {}, collection.json};
  const bool rejected = collection.error == ErrorCode::kRequestRejected;
  return TextResponse(rejected ? 400 : 500, collection.error_text);
}

HttpResponse RejectionResponse(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTooManyPending:
      return BusyResponse(
          "Too many requests wait for the Docker daemon already. "
          "Ask again later.");
    case Rejection::kOverdue:
      return BusyResponse(
          "Calls of the Docker daemon with other options took all the "
          "time there was. Ask again later.");
    case Rejection::kShuttingDown:
      break;
  }
  return BusyResponse(
      "This server is shutting down. Ask again when it is back.");
}

/// Responds with what a function makes of the collection.
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

template <typename Key, typename ToResponse>
void Join(Batcher<Key>& batcher, const Key& key, Responder responder,
          ToResponse to_response) {
  batcher.Join(key, std::make_unique<RespondingWaiter<ToResponse>>(
                        std::move(responder), to_response));
}

}  // namespace

std::string_view NameOf(const Route* route) {
  return route == nullptr ? "other" : route->name;
}

std::optional<HttpResponse> Routes::Match(HttpRequest& request) const {
  const auto* const route = std::find_if(
      RouteTable::kRoutes.begin(), RouteTable::kRoutes.end(),
      [&](const Route& entry) { return entry.path == request.path; });
  if (route == RouteTable::kRoutes.end()) return NotFound();
  request.route = route;
  if (route->method == request.method ||
      (route->method == "GET" && request.method == "HEAD"))
    return std::nullopt;
  if (route->method == "GET") return WrongMethod();
  auto parsed =
      Processor::Parse(request.method, request.path + "?" + request.query);
  return ToHttp(std::get<Response>(std::move(parsed)));
}

void Routes::Handle(const HttpRequest& request, Responder responder) const {
  (this->*request.route->handler)(request, std::move(responder));
}

void Routes::Collect(const HttpRequest& request, Responder responder) const {
  auto parsed =
      Processor::Parse(request.method, request.path + "?" + request.query);
  if (auto* const rejection = std::get_if<Response>(&parsed))
    return responder.Send(ToHttp(std::move(*rejection)));
  Join(collections_, std::get<ProcessorRequest>(parsed).options,
       std::move(responder), &CollectionResponse);
}

void Routes::Health(const HttpRequest& /*request*/, Responder responder) const {
  responder.Send(TextResponse(200, "ok"));
}

void Routes::Ready(const HttpRequest& /*request*/, Responder responder) const {
  Join(readiness_, std::monostate(), std::move(responder),
       [this](const Collection& collection) {
         if (collection.error) return TextResponse(503, collection.error_text);
         return TextResponse(200,
                             "The Docker daemon at " + endpoint_ + " answers.");
       });
}

void Routes::ShowMetrics(const HttpRequest& /*request*/,
                         Responder responder) const {
  metrics_.SetWaiting(collections_.Pending());
  HttpResponse response = TextResponse(200, metrics_.ToText());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  responder.Send(std::move(response));
}

}  // namespace containercollector::server
