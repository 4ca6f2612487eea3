// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <chrono>
#include <utility>

#include "server/log.h"

namespace containercollector::server {

using std::chrono::steady_clock;

Collector::Collector(std::unique_ptr<const ContainerRuntime> runtime,
                     Metrics& metrics)
    : processor_(std::move(runtime)),
      selects_(processor_.runtime().endpoint().empty()),
      metrics_(metrics) {
  ShowRuntime();
}

CollectionPtr Collector::Collect(const ListOptions& options) {
  Causes causes;
  CallOptions call;
  call.on_incomplete = [&](const Error& error) {
    AddCause(error.what(), causes);
  };
  Collection collection;
  Response& response = collection.response;
  const auto start = steady_clock::now();
  response = processor_.Collect(options, call);
  metrics_.Record(kRuntimeCallDuration, Seconds(steady_clock::now() - start),
                  {{"call", "list"}});
  metrics_.Record(
      kRuntimeCalls, 1,
      {{"call", "list"},
       {"result", response.error ? ToString(*response.error) : "ok"}});
  collection.runtime = ShowRuntime();
  LogFailure(response.error, response.body);
  collection.body =
      std::make_shared<const std::string>(std::exchange(response.body, {}));
  if (!response.error) {
    const auto record = [&](const Metric& metric, std::size_t value) {
      metrics_.Record(metric, static_cast<double>(value));
    };
    record(kLastContainers, response.container_count);
    record(kLastBytes, collection.body->size());
    record(kIncompleteContainers, response.incomplete_count);
    metrics_.Record(kLastSuccess, UnixTime());
    LogIncomplete(causes, options == ListOptions{});
    ShareWithLast(collection.body);
  }
  return std::make_shared<const Collection>(std::move(collection));
}

std::string Collector::ShowRuntime() {
  const RuntimeChoice choice = processor_.runtime().Choice();
  const auto record = [&](const RuntimeChoice& each, double value) {
    metrics_.Record(
        kRuntime, value,
        {{"endpoint", each.endpoint}, {"runtime", ToString(each.kind)}});
  };
  std::unique_lock lock(mutex_);
  if (choice_.endpoint != choice.endpoint) {
    if (!choice_.endpoint.empty()) {
      record(choice_, 0);
      metrics_.Record(kRuntimeChanges, 1);
    }
    choice_ = choice;
    record(choice, 1);
    if (selects_) {
      Log(LogLevel::kInfo, "the container runtime was chosen",
          {{"runtime", std::string(ToString(choice.kind))},
           {"endpoint", choice.endpoint},
           {"reason", choice.reason}});
    }
  }
  lock.unlock();
  const bool docker = choice.kind == RuntimeKind::kDocker;
  std::string text = docker ? "The Docker daemon" : "The container runtime";
  text.append(" at ").append(choice.endpoint).append(" responds.");
  if (!choice.reason.empty())
    text.append(" It was chosen because ").append(choice.reason).append(".");
  return text;
}

void Collector::LogFailure(const std::optional<ErrorCode>& error,
                           const std::string& text) {
  std::optional<std::string> failure;
  // A runtime that rejects a caller's filter works.
  if (error && *error != ErrorCode::kRequestRejected) {
    // Texts with other codes can differ in the number of bytes that arrived.
    failure.emplace(ToString(*error));
    if (*error == ErrorCode::kDaemonError) *failure += text;
  }
  const std::lock_guard lock(mutex_);
  if (failure_ == failure) return;
  failure_ = failure;
  if (failure) {
    Log(LogLevel::kWarning, "the container runtime failed",
        {{"call", std::string("list")},
         {"code", std::string(ToString(*error))},
         {"error", text}});
  } else {
    Log(LogLevel::kInfo, "the container runtime works again",
        {{"call", std::string("list")}});
  }
}

void Collector::LogIncomplete(const Causes& causes, bool is_whole) {
  const auto [begun, all_ended] = incomplete_log_.Update(causes, is_whole);
  for (const Cause& cause : begun) {
    Log(LogLevel::kWarning, "containers lack details",
        {{"containers", static_cast<std::int64_t>(cause.containers)},
         {"error", cause.error}});
  }
  if (all_ended)
    Log(LogLevel::kInfo, "all containers have their details again");
}

void Collector::ShareWithLast(std::shared_ptr<const std::string>& body) {
  const std::lock_guard lock(mutex_);
  if (const auto last = body_.lock(); last != nullptr && *last == *body)
    body = last;
  body_ = body;
}

}  // namespace containercollector::server
