// SPDX-License-Identifier: Apache-2.0

#include "server/routes.h"

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "containercollector/json.h"
#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/log.h"
#include "server/request_log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

/// Returns the container's first name, or its ID if it has none. Anything
/// longer than runtimes allow would make the error text too large.
std::string NameOf(const Container& container) {
  constexpr std::size_t kMaxBytes = 400;
  StringList names = OrEmpty(container.names);
  names.resize(1);
  for (const std::string& name : {names.front(), container.id})
    if (!name.empty() && name.size() <= kMaxBytes) return name;
  return "a container without a name";
}

/// Returns a sentence that names the three largest containers and their sizes.
/// Empty if the array is.
std::string DescribeLargest(const std::string& array) {
  std::multimap<std::size_t, std::string, std::greater<>> largest;
  ForEachContainer(array, [&largest](const Container& container) {
    const std::size_t brackets = 2;
    largest.emplace(EncodeContainers({container}).size() - brackets,
                    NameOf(container));
    if (largest.size() > 3) largest.erase(std::prev(largest.end()));
  });
  std::string text;
  for (const auto& [bytes, name] : largest) {
    text += text.empty() ? "The largest: " : ", ";
    text += name + " with " + std::to_string(bytes) + " bytes";
  }
  return text.empty() ? text : text + ". ";
}

/// Returns the size of WrapContainers(), which must not be built if it is too
/// large. In the JSON that the library encodes, no other bytes need an escape.
std::size_t ObjectSize(const std::string& array, const std::string& key) {
  const auto escapes = std::count_if(
      array.begin(), array.end(), [](char c) { return c == '"' || c == '\\'; });
  return WrapContainers("", key).size() + array.size() +
         static_cast<std::size_t>(escapes);
}

using Readiness = std::pair<steady_clock::time_point, HttpResponse>;

/// What both listeners share. Thread-safe.
class Shared {
 public:
  explicit Shared(AnswerLimits limits) : limits_(limits) {}

  /// Returns the array or, with a key, the object whose value at that key is
  /// the array. If the collection failed or the body would be too large,
  /// returns that error. Consecutive requests for the same object share it.
  HttpResponse ResponseOf(const Collection& collection,
                          const std::optional<std::string>& key) {
    const Response& array = collection.response;
    HttpResponse response{array.status, array.content_type, array.headers,
                          collection.body};
    if (array.error) return response;
    const std::lock_guard lock(mutex_);
    if (array_.lock() != collection.body) {
      array_ = collection.body;
      largest_.clear();
      key_.reset();
    }
    if (key && key_ != key) {
      key_ = key;
      object_bytes_ = ObjectSize(*collection.body, *key);
      object_.reset();
    }
    const std::size_t bytes = key ? object_bytes_ : collection.body->size();
    const std::size_t limit = key ? limits_.object_bytes : limits_.array_bytes;
    if (limit > 0 && bytes > limit) {
      if (largest_.empty()) largest_ = DescribeLargest(*collection.body);
      return TextResponse(
          500, "The " + std::to_string(array.container_count) +
                   " containers of this node make an answer of " +
                   std::to_string(bytes) + " bytes, more than the limit of " +
                   std::to_string(limit) + " bytes (--max-answer-bytes). " +
                   largest_ +
                   "Narrow it with filters, e.g. "
                   R"(?filters={"status":["running"]}, or with limit.)");
    }
    if (key) response.body = Object(*collection.body);
    return response;
  }

  /// The last response of /readyz, and when its request arrived. It is repeated
  /// for a second, so that a client in a loop does not cause a collection per
  /// request. Only for std::atomic_load and std::atomic_store.
  std::shared_ptr<const Readiness> ready;

 private:
  /// Returns the object with the last array and key.
  std::shared_ptr<const std::string> Object(const std::string& array) {
    auto object = object_.lock();
    if (object == nullptr) {
      object =
          std::make_shared<const std::string>(WrapContainers(array, *key_));
      object_ = object;
    }
    return object;
  }

  const AnswerLimits limits_;

  std::mutex mutex_;
  std::weak_ptr<const std::string> array_;  // The last one.
  std::string largest_;             // Of its containers; empty if not needed.
  std::optional<std::string> key_;  // Of its last object.
  std::size_t object_bytes_ = 0;
  std::weak_ptr<const std::string> object_;
};

std::variant<ProcessorRequest, Response> Parse(const HttpRequest& request) {
  return Processor::Parse(request.method, request.path + "?" + request.query);
}

HttpResponse ToHttp(Response response) {
  return {response.status, std::move(response.content_type),
          std::move(response.headers),
          std::make_shared<const std::string>(std::move(response.body))};
}

/// By Rejection.
constexpr std::array kRejections = {
    "Too many requests are pending. Try again later.",
    "No call of the container runtime started in time, because requests with "
    "other options held every thread. Try again later.",
    "This server is shutting down. Try again when it is back."};

class Routes;

}  // namespace

struct Route {
  std::string_view path;
  std::string_view name;     ///< In metrics.
  std::string_view method;   ///< "POST", or "GET", which includes HEAD.
  std::string_view summary;  ///< What it serves, for people.
  bool for_metrics;          ///< Whether the metrics listener serves it too.
  void (Routes::*handler)(const HttpRequest&, Responder);
};

namespace {

/// Serves the routes of one listener.
class Routes final : public HttpHandler {
 public:
  /// @param listener "main", or "metrics", which has fewer routes.
  Routes(std::string_view listener, const Backend& backend,
         std::shared_ptr<Shared> shared)
      : listener_(listener), backend_(backend), shared_(std::move(shared)) {
    for (const Route& route : kRoutes)
      if (listener == "main" || route.for_metrics) routes_.push_back(route);
  }

  /// Finds the route. Returns a 404 or 405 if there is none.
  std::optional<HttpResponse> Check(HttpRequest& request) override {
    const auto route = std::find_if(
        routes_.begin(), routes_.end(),
        [&](const Route& each) { return each.path == request.path; });
    if (route == routes_.end()) return NotFound();
    request.route = &*route;
    if (route->method == "POST") {
      request.body_reader = MakeCallerReader();
      if (request.method == "POST") return std::nullopt;
      return ToHttp(std::get<Response>(Parse(request)));
    }
    if (request.method == "GET" || request.method == "HEAD")
      return std::nullopt;
    HttpResponse response =
        TextResponse(405, "This path takes only GET and HEAD.");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }

  void Handle(const HttpRequest& request, Responder responder) override {
    (this->*request.route->handler)(request, std::move(responder));
  }

  /// Counts and logs the request.
  void Record(const RequestRecord& record) override {
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

  /// Counts and logs the client.
  void TlsFailed(const std::string& peer, const TlsFailure& failure) override {
    backend_.metrics.Record(kTlsFailures, 1, {{"reason", failure.reason}});
    Log(LogLevel::kWarning, "TLS client rejected",
        {{"peer", peer},
         {"reason", std::string(failure.reason)},
         {"error", failure.text}});
  }

  /// Rejects batches that have waited too long.
  void Sweep(std::size_t connections, std::size_t in_flight_bytes) override {
    const MetricLabels labels = {{"listener", listener_}};
    backend_.metrics.Record(kConnections, connections, labels);
    backend_.metrics.Record(kInFlightBytes, in_flight_bytes, labels);
    backend_.collections.RejectWaitingSince(steady_clock::now() -
                                            backend_.max_wait);
  }

 private:
  static const std::array<Route, 6> kRoutes;

  HttpResponse NotFound() const {
    std::string text = "Nothing is served at this path. This server has:";
    for (const Route& route : routes_) {
      text.append("\n").append(route.method).append(" ").append(route.path);
      text.append(" (").append(route.summary).append(")");
    }
    return TextResponse(404, std::move(text));
  }

  void Landing(const HttpRequest& /*request*/, Responder responder) {
    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
        "<title>Container Collector</title></head>\n<body>\n"
        "<h1>Container Collector</h1>\n<p>Version ";
    html.append(kLibraryVersion).append("</p>\n<ul>\n");
    for (const Route& route : routes_) {
      const std::string path(route.path);
      html += "<li>";
      html += route.method == "GET"
                  ? "<a href=\"" + path + "\">" + path + "</a>"
                  : "<code>POST " + path + "</code>";
      html.append(": ").append(route.summary).append("</li>\n");
    }
    html += "</ul>\n</body>\n</html>\n";
    responder.Send(
        TextResponse(200, std::move(html), "text/html; charset=utf-8"));
  }

  void Collect(const HttpRequest& request, Responder responder) {
    auto parsed = Parse(request);
    if (auto* const rejection = std::get_if<Response>(&parsed))
      return responder.Send(ToHttp(std::move(*rejection)));
    auto& [options, key] = std::get<ProcessorRequest>(parsed);
    Join(options, std::move(responder),
         [this, key = std::move(key)](const Collection& collection) {
           return shared_->ResponseOf(collection, key);
         });
  }

  void Health(const HttpRequest& /*request*/, Responder responder) {
    responder.Send(TextResponse(200, "ok"));
  }

  void Ready(const HttpRequest& /*request*/, Responder responder) {
    const auto arrival = steady_clock::now();
    const auto last = std::atomic_load(&shared_->ready);
    if (last != nullptr && arrival - last->first < std::chrono::seconds(1))
      return responder.Send(last->second);
    Join({}, std::move(responder),
         [this, arrival](const Collection& collection) {
           HttpResponse response =
               shared_->ResponseOf(collection, std::nullopt);
           if (response.status == 200) {
             response = TextResponse(200, collection.runtime);
           } else {
             response.status = 503;
           }
           std::atomic_store(&shared_->ready, std::make_shared<const Readiness>(
                                                  arrival, response));
           return response;
         });
  }

  void ShowMetrics(const HttpRequest& /*request*/, Responder responder) {
    backend_.metrics.Record(kPending, backend_.collections.Pending());
    responder.Send(TextResponse(200, backend_.metrics.ToText(),
                                "text/plain; version=0.0.4; charset=utf-8"));
  }

  /// Responds with what `to_response` returns for the next collection.
  void Join(const ListOptions& options, Responder responder,
            std::function<HttpResponse(const Collection&)> to_response) {
    const auto shared = std::make_shared<Responder>(std::move(responder));
    Waiter waiter;
    waiter.gone = [shared] { return shared->ClientLeft(); };
    waiter.complete = [shared, to_response = std::move(to_response)](
                          const BatchResult& result) {
      try {
        if (const auto* const rejection = std::get_if<Rejection>(&result)) {
          shared->Send(BusyResponse(
              kRejections.at(static_cast<std::size_t>(*rejection))));
        } else if (const auto& collection = std::get<CollectionPtr>(result)) {
          shared->Send(to_response(*collection));
        }
        // Otherwise the responder sends a 500.
      } catch (const std::exception& error) {
        Log(LogLevel::kError, "no memory for a response",
            {{"error", error.what()}});
      }
    };
    backend_.collections.Join(options, std::move(waiter));
  }

  const std::string_view listener_;
  std::vector<Route> routes_;
  const Backend backend_;
  const std::shared_ptr<Shared> shared_;
};

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

}  // namespace

Handlers MakeRoutes(const Backend& backend) {
  const auto shared = std::make_shared<Shared>(backend.limits);
  return {std::make_unique<Routes>("main", backend, shared),
          std::make_unique<Routes>("metrics", backend, shared)};
}

}  // namespace containercollector::server
