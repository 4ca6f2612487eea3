// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/status_text.h"

namespace containercollector::internal::cri {
namespace {

/// Go's zero time is before 1970.
bool IsKnown(std::int64_t time) { return time > 0; }

/// Returns `now - then`, or 0 if `then` is in the future.
std::chrono::nanoseconds Since(std::int64_t then, std::int64_t now) {
  return std::chrono::nanoseconds(then < now ? now - then : 0);
}

std::string Up(std::int64_t since, std::int64_t now) {
  return IsKnown(since) ? "Up " + HumanDuration(Since(since, now)) : "Up";
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
  if (status.state == ContainerState::kRunning)
    return Up(status.started_at, now);
  if (status.state != ContainerState::kExited)
    return ShortStatusText(status.state);
  std::string text = "Exited (" + std::to_string(status.exit_code) + ")";
  if (IsKnown(status.finished_at))
    text += " " + HumanDuration(Since(status.finished_at, now)) + " ago";
  return text;
}

std::string StatusText(SandboxState state, std::int64_t created_at,
                       std::int64_t now) {
  return state == SandboxState::kReady ? Up(created_at, now)
                                       : ShortStatusText(state);
}

std::string ShortStatusText(ContainerState state) {
  switch (state) {
    case ContainerState::kCreated:
      return "Created";
    case ContainerState::kRunning:
      return "Up";
    case ContainerState::kExited:
      return "Exited";
    case ContainerState::kUnknown:
      break;
  }
  return "Dead";
}

std::string ShortStatusText(SandboxState state) {
  return state == SandboxState::kReady ? "Up" : "Exited";
}

}  // namespace containercollector::internal::cri
