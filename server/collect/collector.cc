// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <chrono>
#include <utility>

#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

/// Returns the text of /readyz for a runtime that responds.
std::string TextOf(const RuntimeChoice& choice) {
  const bool docker = choice.kind == RuntimeKind::kDocker;
  std::string text = docker ? "The Docker daemon" : "The container runtime";
  text.append(" at ").append(choice.endpoint).append(" responds.");
  if (!choice.reason.empty())
    text.append(" It was chosen because ").append(choice.reason).append(".");
  return text;
}

}  // namespace

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
  call.on_incomplete = [&](const Error& error) { causes.Add(error.what()); };
  const auto start = steady_clock::now();
  Response response = processor_.Collect(options, call);
  metrics_.CountDaemonCall("list", response.error, steady_clock::now() - start);
  std::string runtime = ShowRuntime();
  LogFailure(response.error, response.body);
  if (response.error)
    return FailedCollection(*response.error, std::move(response.body));

  metrics_.CollectionSucceeded(response.container_count, response.body.size());
  metrics_.CountIncomplete(response.incomplete_count);
  for (const LogLine& line :
       incomplete_log_.Lines(causes, options == ListOptions{})) {
    Log(line.level, line.message, line.fields);
  }
  Collection collection;
  collection.json = ShareWithLast(
      std::make_shared<const std::string>(std::move(response.body)));
  collection.headers = std::move(response.headers);
  collection.container_count = response.container_count;
  collection.runtime = std::move(runtime);
  return std::make_shared<const Collection>(std::move(collection));
}

std::string Collector::ShowRuntime() {
  const RuntimeChoice choice = processor_.runtime().Choice();
  const std::lock_guard lock(mutex_);
  if (endpoint_ != choice.endpoint) {
    endpoint_ = choice.endpoint;
    metrics_.SetRuntime(ToString(choice.kind), endpoint_);
    if (selects_) {
      Log(LogLevel::kInfo, "the container runtime was chosen",
          {{"runtime", std::string(ToString(choice.kind))},
           {"endpoint", endpoint_},
           {"reason", choice.reason}});
    }
  }
  return TextOf(choice);
}

void Collector::LogFailure(const std::optional<ErrorCode>& error,
                           const std::string& text) {
  std::optional<std::string> failure;
  // A runtime that rejects a caller's filter works.
  if (error && *error != ErrorCode::kRequestRejected) {
    // Other texts can differ only in how many bytes came.
    failure.emplace(ToString(*error));
    if (*error == ErrorCode::kDaemonError) *failure += text;
  }
  {
    const std::lock_guard lock(mutex_);
    if (failure_ == failure) return;
    failure_ = failure;
  }
  if (!failure) {
    return Log(LogLevel::kInfo, "the container runtime works again",
               {{"call", std::string("list")}});
  }
  Log(LogLevel::kWarning, "the container runtime failed",
      {{"call", std::string("list")},
       {"code", std::string(ToString(*error))},
       {"error", text}});
}

/// Returns the previous JSON if it is equal, because slow clients must not each
/// keep a copy.
std::shared_ptr<const std::string> Collector::ShareWithLast(
    std::shared_ptr<const std::string> json) {
  const std::lock_guard lock(mutex_);
  if (auto last = json_.lock(); last != nullptr && *last == *json) return last;
  json_ = json;
  return json;
}

}  // namespace containercollector::server
