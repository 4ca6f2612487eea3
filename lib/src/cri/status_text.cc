// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/status_text.h"

namespace containercollector::internal::cri {
namespace {

/// Returns the time from `then` to `now`, which a runtime may put before it.
std::chrono::nanoseconds Since(std::int64_t then, std::int64_t now) {
  if (then >= now) return std::chrono::nanoseconds(0);
  // A runtime that sends a time long before 1970 must not overflow.
  return std::chrono::nanoseconds(now - (then < 0 ? 0 : then));
}

std::string Up(std::int64_t since, std::int64_t now) {
  return "Up " + HumanDuration(Since(since, now));
}

}  // namespace

std::string HumanDuration(std::chrono::nanoseconds duration) {
  const auto count = [](std::int64_t number, const char* unit) {
    return std::to_string(number) + unit;
  };
  using std::chrono::duration_cast;
  const std::int64_t seconds =
      duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return count(seconds, " seconds");
  const std::int64_t minutes = seconds / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return count(minutes, " minutes");
  // Only the hours are rounded.
  const std::int64_t hours =
      duration_cast<std::chrono::hours>(duration + std::chrono::minutes(30))
          .count();
  if (hours == 1) return "About an hour";
  if (hours < 48) return count(hours, " hours");
  if (hours < 24 * 7 * 2) return count(hours / 24, " days");
  if (hours < 24 * 30 * 2) return count(hours / 24 / 7, " weeks");
  if (hours < 24 * 365 * 2) return count(hours / 24 / 30, " months");
  return count(minutes / 60 / 24 / 365, " years");
}

std::string StatusText(const ContainerStatus& status, std::int64_t now) {
  switch (status.state) {
    case ContainerState::kRunning:
      return Up(status.started_at != 0 ? status.started_at : now, now);
    case ContainerState::kCreated:
      return "Created";
    case ContainerState::kExited:
      // Docker's words for a container that ended at an unknown time.
      if (status.finished_at == 0) return "";
      return "Exited (" + std::to_string(status.exit_code) + ") " +
             HumanDuration(Since(status.finished_at, now)) + " ago";
    case ContainerState::kUnknown:
      break;
  }
  return "Dead";
}

std::string StatusText(SandboxState state, std::int64_t created_at,
                       std::int64_t now) {
  return state == SandboxState::kReady ? Up(created_at, now) : "Exited";
}

}  // namespace containercollector::internal::cri
