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

Deferred JoinLater(Batcher& batcher, ListOptions options) {
  return [&batcher, options = std::move(options)](const Respond& respond) {
    switch (batcher.Join(options, respond)) {
      case Batcher::Joined::kYes:
        return;
      case Batcher::Joined::kFull:
        return respond(
            BusyAnswer("Too many requests wait for the Docker daemon already. "
                       "Ask again later."));
      case Batcher::Joined::kClosed:
        return respond(ShuttingDownAnswer());
    }
  };
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
  return JoinLater(collector_, std::get<ListOptions>(std::move(parsed)));
}

std::variant<Answer, Deferred> Routes::Ready() const {
  return JoinLater(readiness_, ListOptions{});
}

Answer Routes::MetricsText() const {
  metrics_.SetWaiting(collector_.Waiting());
  Response response;
  response.status = 200;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_.ToText();
  return std::make_shared<const Response>(std::move(response));
}

}  // namespace containercollector::server
