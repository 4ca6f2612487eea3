// SPDX-License-Identifier: Apache-2.0

#include "server/routes.h"

#include <memory>
#include <string>
#include <utility>

#include "containercollector/processor.h"

namespace containercollector::server {
namespace {

constexpr std::string_view kHealthPath = "/healthz";
constexpr std::string_view kReadyPath = "/readyz";
constexpr std::string_view kMetricsPath = "/metrics";

Answer NotFound() {
  return TextAnswer(404, "Nothing is served at this path. Ask with POST " +
                             std::string(Processor::kPath) +
                             ", or with GET /healthz, /readyz or /metrics.");
}

/// For a route that is only read. Null where the method is right.
Answer RefuseMethod(const std::string& method) {
  if (method == "GET" || method == "HEAD") return nullptr;
  Response response = *TextAnswer(405, "This path takes only GET and HEAD.");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return std::make_shared<const Response>(std::move(response));
}

Answer RejectionAnswer(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTooManyPending:
      return BusyAnswer(
          "Too many requests wait for the Docker daemon already. "
          "Ask again later.");
    case Rejection::kOverdue:
      return BusyAnswer(
          "Calls of the Docker daemon with other options took all the "
          "time there was. Ask again later.");
    case Rejection::kShuttingDown:
      break;
  }
  return ShuttingDownAnswer();
}

/// Responds with what `to_answer` makes of the collection.
template <typename Key, typename ToAnswer>
Deferred JoinLater(Batcher<Key>& batcher, Key key, ToAnswer to_answer) {
  return [&batcher, key = std::move(key), to_answer](const Respond& respond) {
    const auto complete = [respond, to_answer](const BatchResult& result) {
      const auto* collection = std::get_if<CollectionPtr>(&result);
      respond(collection != nullptr
                  ? to_answer(**collection)
                  : RejectionAnswer(std::get<Rejection>(result)));
    };
    if (const auto rejection = batcher.Join(key, complete))
      respond(RejectionAnswer(*rejection));
  };
}

Answer CollectionAnswer(const Collection& collection) {
  if (collection.error) {
    const bool rejected = collection.error == ErrorCode::kRequestRejected;
    return TextAnswer(rejected ? 400 : 500, collection.error_text);
  }
  Response response;
  response.status = 200;
  response.content_type = "application/json";
  response.body = *collection.json;
  return std::make_shared<const Response>(std::move(response));
}

}  // namespace

std::variant<Answer, Deferred> Routes::Handle(
    const HttpRequest& request) const {
  if (request.path == Processor::kPath) return Collect(request);
  if (NameOf(request.path) == "other") return NotFound();
  if (Answer refusal = RefuseMethod(request.method)) return refusal;
  if (request.path == kReadyPath) return Ready();
  if (request.path == kMetricsPath) return MetricsText();
  return TextAnswer(200, "ok");
}

std::string_view Routes::NameOf(std::string_view path) {
  if (path == Processor::kPath) return "collect";
  if (path == kHealthPath) return "healthz";
  if (path == kReadyPath) return "readyz";
  if (path == kMetricsPath) return "metrics";
  return "other";
}

std::variant<Answer, Deferred> Routes::Collect(
    const HttpRequest& request) const {
  auto parsed = Processor::Parse(request.method, request.query);
  if (auto* refusal = std::get_if<Response>(&parsed))
    return std::make_shared<const Response>(std::move(*refusal));
  return JoinLater(collector_, std::get<ListOptions>(std::move(parsed)),
                   &CollectionAnswer);
}

std::variant<Answer, Deferred> Routes::Ready() const {
  return JoinLater(
      readiness_, std::monostate(), [this](const Collection& collection) {
        if (collection.error) return TextAnswer(503, collection.error_text);
        return TextAnswer(200,
                          "The Docker daemon at " + endpoint_ + " answers.");
      });
}

Answer Routes::MetricsText() const {
  metrics_.SetWaiting(collector_.Pending());
  Response response;
  response.status = 200;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_.ToText();
  return std::make_shared<const Response>(std::move(response));
}

}  // namespace containercollector::server
