// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

/// Why containers of one collection lack details: for each error text without
/// its numbers, the first error and how many containers have it.
using Causes = std::map<std::string, std::pair<std::string, std::int64_t>>;

/// A node with more causes is so sick that more lines would help nobody.
constexpr std::size_t kMaxCauses = 8;

/// Returns the text with "#" in place of each word that has a digit.
std::string WithoutNumbers(const std::string& text) {
  const auto is_alnum = [](unsigned char c) { return std::isalnum(c) != 0; };
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  std::string result;
  for (auto it = text.begin(); it != text.end();) {
    const auto word_end = std::find_if_not(it, text.end(), is_alnum);
    if (std::any_of(it, word_end, is_digit)) {
      result += '#';
    } else {
      result.append(it, word_end);
    }
    it = std::find_if(word_end, text.end(), is_alnum);
    result.append(word_end, it);
  }
  return result;
}

class Collector {
 public:
  Collector(std::unique_ptr<const ContainerRuntime> runtime, Metrics& metrics)
      : processor_(std::move(runtime)),
        selects_(processor_.runtime().endpoint().empty()),
        metrics_(metrics) {
    ShowRuntime();
  }

  CollectionPtr Collect(const ListOptions& options, std::size_t requests) {
    metrics_.Record(kBatchSize, requests);
    Causes causes;
    CallOptions call;
    call.on_incomplete = [&causes](const Error& error) {
      const std::string cause = WithoutNumbers(error.what());
      if (causes.size() < kMaxCauses || causes.count(cause) > 0)
        ++causes.try_emplace(cause, error.what(), 0).first->second.second;
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
      metrics_.Record(kLastContainers, response.container_count);
      metrics_.Record(kLastBytes, collection.body->size());
      metrics_.Record(kIncompleteContainers, response.incomplete_count);
      metrics_.Record(kLastSuccess, UnixTime());
      LogIncomplete(std::move(causes), options == ListOptions{});
      ShareWithLast(collection.body);
    }
    return std::make_shared<const Collection>(std::move(collection));
  }

 private:
  /// Updates the metrics and the log if the runtime has changed. Returns the
  /// text for Collection::runtime.
  std::string ShowRuntime() {
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

  /// Logs a failure when it begins, when its kind changes, and when it ends.
  void LogFailure(const std::optional<ErrorCode>& error,
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
          {{"call", "list"},
           {"code", std::string(ToString(*error))},
           {"error", text}});
    } else {
      Log(LogLevel::kInfo, "the container runtime works again",
          {{"call", "list"}});
    }
  }

  /// Logs a cause when it begins, and when no container lacks details any more.
  /// @param is_whole Whether the collection was of all containers. Others do
  /// not show that a cause has ended.
  void LogIncomplete(Causes causes, bool is_whole) {
    const std::lock_guard lock(mutex_);
    if (is_whole && causes.empty() && !causes_.empty())
      Log(LogLevel::kInfo, "all containers have their details again");
    for (const auto& cause : causes) {
      if (!is_whole && causes_.size() >= kMaxCauses) break;
      if (!causes_.insert(cause).second) continue;
      const auto& [error, containers] = cause.second;
      Log(LogLevel::kWarning, "containers lack details",
          {{"containers", containers}, {"error", error}});
    }
    if (is_whole) causes_ = std::move(causes);
  }

  /// Replaces a body by the previous one if they are equal, because slow
  /// clients must not each keep a copy.
  void ShareWithLast(std::shared_ptr<const std::string>& body) {
    const std::lock_guard lock(mutex_);
    if (const auto last = body_.lock(); last != nullptr && *last == *body)
      body = last;
    body_ = body;
  }

  const Processor processor_;
  const bool selects_;  ///< Whether the runtime is chosen later.
  Metrics& metrics_;

  // The last of each.
  std::mutex mutex_;
  RuntimeChoice choice_;
  std::optional<std::string> failure_;
  Causes causes_;
  std::weak_ptr<const std::string> body_;
};

}  // namespace

Batcher<ListOptions>::Call MakeCollector(
    std::unique_ptr<const ContainerRuntime> runtime, Metrics& metrics) {
  const auto collector =
      std::make_shared<Collector>(std::move(runtime), metrics);
  return [collector](const ListOptions& options, std::size_t requests) {
    return collector->Collect(options, requests);
  };
}

}  // namespace containercollector::server
