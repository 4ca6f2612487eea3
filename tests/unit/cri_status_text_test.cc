// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "lib/src/cri/status_text.h"
#include "tests/support/catch.h"

using namespace containercollector::internal::cri;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'700'000'000 * kSecond;
/// None, Go's zero time, and others that cannot be right.
constexpr std::array kUnknownTimes{
    std::int64_t{0}, std::int64_t{-6'795'364'578'871'345'152}, std::int64_t{-1},
    std::numeric_limits<std::int64_t>::min()};

ContainerStatus StatusOf(ContainerState state, std::int64_t started_ago,
                         std::int64_t finished_ago = 0) {
  ContainerStatus status;
  status.state = state;
  status.started_at = kNow - started_ago * kSecond;
  if (finished_ago != 0) status.finished_at = kNow - finished_ago * kSecond;
  return status;
}

}  // namespace

TEST_CASE("Durations have the words of docker/go-units") {
  struct Case {
    nanoseconds duration;
    const char* text;
  };
  const hours day(24);
  for (const Case& one : {
           Case{seconds(-5), "Less than a second"},
           Case{nanoseconds(0), "Less than a second"},
           Case{milliseconds(999), "Less than a second"},
           Case{seconds(1), "1 second"},
           Case{milliseconds(1999), "1 second"},
           Case{seconds(2), "2 seconds"},
           Case{seconds(59), "59 seconds"},
           Case{seconds(60), "About a minute"},
           Case{seconds(119), "About a minute"},
           Case{minutes(2), "2 minutes"},
           Case{seconds(59 * 60 + 59), "59 minutes"},
           Case{hours(1), "About an hour"},
           Case{minutes(89), "About an hour"},
           Case{minutes(90), "2 hours"},
           Case{minutes(149), "2 hours"},
           Case{minutes(150), "3 hours"},
           Case{hours(47), "47 hours"},
           Case{hours(47) + minutes(29), "47 hours"},
           Case{hours(47) + minutes(30), "2 days"},
           Case{hours(48), "2 days"},
           Case{13 * day, "13 days"},
           Case{14 * day - minutes(31), "13 days"},
           Case{14 * day, "2 weeks"},
           Case{59 * day, "8 weeks"},
           Case{60 * day, "2 months"},
           Case{729 * day, "24 months"},
           Case{730 * day, "2 years"},
           Case{3650 * day, "10 years"},
       }) {
    CAPTURE(one.duration.count());
    CHECK(HumanDuration(one.duration) == one.text);
  }
}

TEST_CASE("The status of a container has Docker's words") {
  CHECK(StatusText(StatusOf(ContainerState::kRunning, 3 * 3600), kNow) ==
        "Up 3 hours");
  CHECK(StatusText(StatusOf(ContainerState::kRunning, -10), kNow) ==
        "Up Less than a second");
  CHECK(StatusText(StatusOf(ContainerState::kCreated, 0), kNow) == "Created");
  CHECK(StatusText(StatusOf(ContainerState::kUnknown, 0), kNow) == "Dead");
  ContainerStatus exited = StatusOf(ContainerState::kExited, 500, 120);
  exited.exit_code = 137;
  CHECK(StatusText(exited, kNow) == "Exited (137) 2 minutes ago");
  for (const std::int64_t unknown : kUnknownTimes) {
    exited.finished_at = unknown;
    CHECK(StatusText(exited, kNow) == "Exited (137)");
  }
}

TEST_CASE("Times that a runtime does not know, or makes up, have a text") {
  ContainerStatus status;
  status.state = ContainerState::kRunning;
  for (const std::int64_t unknown : kUnknownTimes) {
    status.started_at = unknown;
    CHECK(StatusText(status, kNow) == "Up");
    CHECK(StatusText(SandboxState::kReady, unknown, kNow) == "Up");
  }
  status.started_at = 1;
  CHECK(StatusText(status, kNow) == "Up 53 years");
  status.started_at = std::numeric_limits<std::int64_t>::max();
  CHECK(StatusText(status, kNow) == "Up Less than a second");
}

TEST_CASE("The status of a sandbox tells what the CRI knows of it") {
  CHECK(StatusText(SandboxState::kReady, kNow - 120 * kSecond, kNow) ==
        "Up 2 minutes");
  CHECK(StatusText(SandboxState::kNotReady, kNow, kNow) == "Exited");
}
