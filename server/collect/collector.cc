// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <memory>
#include <utility>

#include "containercollector/client.h"
#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

ClientOptions ReadyOptions(const CollectorOptions& options) {
  ClientOptions docker = options.docker;
  docker.timeout = options.ready_timeout;
  docker.connect_timeout = options.ready_timeout;
  return docker;
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
  Log(LogLevel::kWarning, "the Docker daemon failed",
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
  Log(LogLevel::kInfo, "the Docker daemon works again", {{"call", call_}});
}

Collector::Collector(const CollectorOptions& options, Metrics& metrics)
    : processor_(Client(options.docker)),
      ready_client_(ReadyOptions(options)),
      metrics_(metrics) {}

CollectionPtr Collector::Collect(const ListOptions& options) {
  const auto start = steady_clock::now();
  Response response = processor_.Collect(options);
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
  ListOptions one;
  one.limit = 1;
  const auto start = steady_clock::now();
  try {
    static_cast<void>(ready_client_.ListContainers(one));
  } catch (const Error& error) {
    metrics_.CountDaemonCall("ready", error.code(),
                             steady_clock::now() - start);
    ready_failures_.Failed(error.code(), error.what());
    return FailedCollection(error.code(), error.what());
  }
  metrics_.CountDaemonCall("ready", std::nullopt, steady_clock::now() - start);
  ready_failures_.Succeeded();
  return std::make_shared<const Collection>();
}

}  // namespace containercollector::server
