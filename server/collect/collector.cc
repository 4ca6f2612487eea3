// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <memory>
#include <utility>

#include "containercollector/client.h"
#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

ClientOptions PingOptions(const CollectorOptions& options) {
  ClientOptions docker = options.docker;
  docker.timeout = options.ready_timeout;
  docker.connect_timeout = options.ready_timeout;
  return docker;
}

Answer AnswerTooLarge(std::size_t containers, std::size_t bytes,
                      std::size_t limit) {
  return TextAnswer(
      500, "The " + std::to_string(containers) +
               " containers of this node make an answer of " +
               std::to_string(bytes) + " bytes, more than the limit of " +
               std::to_string(limit) +
               " bytes (--max-answer-bytes). Narrow it with filters, e.g. "
               R"(?filters={"status":["running"]}, or with limit.)");
}

}  // namespace

void FailureLog::Failed(ErrorCode code, const std::string& text) {
  // The text can hold how many bytes came: what the daemon itself says is the
  // only text that makes a failure another one.
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
  Log(LogLevel::kInfo, "the Docker daemon answers again", {{"call", call_}});
}

Collector::Collector(const CollectorOptions& options, Metrics& metrics)
    : max_answer_bytes_(options.max_answer_bytes),
      processor_(Client(options.docker)),
      ping_client_(PingOptions(options)),
      metrics_(metrics) {}

Answer Collector::Collect(const ListOptions& options) {
  const auto start = steady_clock::now();
  auto answer = std::make_shared<const Response>(processor_.Collect(options));
  metrics_.CountDaemonCall("list", answer->error, steady_clock::now() - start);
  if (answer->error && *answer->error != ErrorCode::kRequestRejected) {
    list_failures_.Failed(*answer->error, answer->body);
    return answer;
  }
  // A daemon that rejects a caller's filter works.
  list_failures_.Succeeded();
  if (answer->error) return answer;
  metrics_.SetLastAnswer(answer->container_count, answer->body.size());
  if (max_answer_bytes_ > 0 && answer->body.size() > max_answer_bytes_) {
    return AnswerTooLarge(answer->container_count, answer->body.size(),
                          max_answer_bytes_);
  }
  return ShareWithLast(std::move(answer));
}

/// Answers are mostly the same for a while: clients that read slowly shall not
/// keep a copy each.
Answer Collector::ShareWithLast(Answer answer) {
  const std::lock_guard lock(mutex_);
  if (Answer last = last_answer_.lock();
      last != nullptr && last->body == answer->body)
    return last;
  last_answer_ = answer;
  return answer;
}

Answer Collector::Ping() {
  const auto start = steady_clock::now();
  try {
    ping_client_.Ping();
  } catch (const Error& error) {
    metrics_.CountDaemonCall("ping", error.code(), steady_clock::now() - start);
    ping_failures_.Failed(error.code(), error.what());
    return TextAnswer(503, error.what());
  }
  metrics_.CountDaemonCall("ping", std::nullopt, steady_clock::now() - start);
  ping_failures_.Succeeded();
  return TextAnswer(
      200, "The Docker daemon at " + ping_client_.endpoint() + " answers.");
}

}  // namespace containercollector::server
