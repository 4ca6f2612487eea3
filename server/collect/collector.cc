// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <chrono>
#include <memory>
#include <utility>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

/// Time limit of a readiness check.
constexpr std::chrono::seconds kReadyTimeout{2};

template <typename Source>
Runtime NamedRuntime(std::string_view name, std::string_view title,
                     RuntimeOptions options) {
  Source source(options);
  options.timeout = kReadyTimeout;
  options.connect_timeout = kReadyTimeout;
  return {name, title, Processor(std::move(source)),
          std::make_unique<const Source>(std::move(options))};
}

std::vector<std::string> CriEndpoints(const RuntimeOptions& options) {
  if (!options.cri_endpoint.empty()) return {options.cri_endpoint};
  if (options.kind == RuntimeKind::kCri) return {""};
  return {"unix:///run/containerd/containerd.sock",
          "unix:///run/crio/crio.sock", "unix:///run/cri-dockerd.sock"};
}

std::vector<Runtime> MakeRuntimes(const RuntimeOptions& options) {
  std::vector<Runtime> runtimes;
  if (options.kind != RuntimeKind::kCri) {
    runtimes.push_back(
        NamedRuntime<DockerClient>("docker", "The Docker daemon", options));
  }
  if (options.kind == RuntimeKind::kDocker) return runtimes;
  for (const std::string& endpoint : CriEndpoints(options)) {
    RuntimeOptions cri = options;
    cri.cri_endpoint = endpoint;
    runtimes.push_back(NamedRuntime<CriClient>("cri", "The container runtime",
                                               std::move(cri)));
  }
  return runtimes;
}

}  // namespace

void FailureLog::Failed(ErrorCode code, const std::string& text) {
  // Other texts can differ only in how many bytes came.
  std::string failure(ToString(code));
  if (code == ErrorCode::kDaemonError) failure += text;
  {
    const std::lock_guard lock(mutex_);
    if (failure_ == failure) return;
    failure_ = std::move(failure);
  }
  Log(LogLevel::kWarning, "the container runtime failed",
      {{"call", call_},
       {"code", std::string(ToString(code))},
       {"error", text}});
}

void FailureLog::Succeeded() {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) return;
    failure_.reset();
  }
  Log(LogLevel::kInfo, "the container runtime works again", {{"call", call_}});
}

Collector::Collector(const RuntimeOptions& options, Metrics& metrics)
    : runtimes_(MakeRuntimes(options)), metrics_(metrics) {}

const Runtime* Collector::ChooseRuntime() {
  const Runtime* const runtime = runtimes_.Choose();
  if (runtime != nullptr) metrics_.SetRuntime(runtime->name);
  return runtime;
}

CollectionPtr Collector::NoRuntime(std::string_view call,
                                   FailureLog& failures) {
  const std::string& text = runtimes_.none_text();
  metrics_.CountDaemonCall(call, ErrorCode::kCannotConnect,
                           steady_clock::duration::zero());
  failures.Failed(ErrorCode::kCannotConnect, text);
  return FailedCollection(ErrorCode::kCannotConnect, text);
}

CollectionPtr Collector::Collect(const ListOptions& options) {
  const Runtime* const runtime = ChooseRuntime();
  if (runtime == nullptr) return NoRuntime("list", list_failures_);
  const auto start = steady_clock::now();
  Response response = runtime->processor.Collect(options);
  metrics_.CountDaemonCall("list", response.error, steady_clock::now() - start);
  if (response.error && *response.error != ErrorCode::kRequestRejected) {
    list_failures_.Failed(*response.error, response.body);
    return FailedCollection(*response.error, std::move(response.body));
  }
  // A daemon that rejects a caller's filter works.
  list_failures_.Succeeded();
  if (response.error)
    return FailedCollection(*response.error, std::move(response.body));
  metrics_.CollectionSucceeded(response.container_count, response.body.size());
  Collection collection;
  collection.json = ShareWithLast(
      std::make_shared<const std::string>(std::move(response.body)));
  collection.container_count = response.container_count;
  return std::make_shared<const Collection>(std::move(collection));
}

/// Consecutive collections are mostly equal: slow clients must not keep a copy
/// each.
std::shared_ptr<const std::string> Collector::ShareWithLast(
    std::shared_ptr<const std::string> json) {
  const std::lock_guard lock(mutex_);
  if (auto last = last_json_.lock(); last != nullptr && *last == *json)
    return last;
  last_json_ = json;
  return json;
}

CollectionPtr Collector::CheckReady() {
  const Runtime* const runtime = ChooseRuntime();
  if (runtime == nullptr) return NoRuntime("ready", ready_failures_);
  ListOptions one;
  one.limit = 1;
  const auto start = steady_clock::now();
  try {
    // A daemon that ignores the limit must not fill the memory.
    runtime->ready_runtime->ForEachContainer(one, [](const Container&) {});
  } catch (const Error& error) {
    metrics_.CountDaemonCall("ready", error.code(),
                             steady_clock::now() - start);
    ready_failures_.Failed(error.code(), error.what());
    return FailedCollection(error.code(), error.what());
  }
  metrics_.CountDaemonCall("ready", std::nullopt, steady_clock::now() - start);
  ready_failures_.Succeeded();
  Collection ready;
  ready.runtime.append(runtime->title)
      .append(" at ")
      .append(runtime->endpoint());
  return std::make_shared<const Collection>(std::move(ready));
}

}  // namespace containercollector::server
