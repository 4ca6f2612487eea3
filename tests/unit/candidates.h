// SPDX-License-Identifier: Apache-2.0

/// Candidates of a SelectingRuntime that do as told.
#ifndef CONTAINERCOLLECTOR_TESTS_UNIT_CANDIDATES_H_
#define CONTAINERCOLLECTOR_TESTS_UNIT_CANDIDATES_H_

#include <chrono>
#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/accessors.h"
#include "lib/src/selecting_runtime.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_dir.h"

namespace containercollector::test {

using internal::RuntimeCandidate;
using internal::SelectingRuntime;

using Ids = std::vector<std::string>;

inline Container Plain(const std::string& id) {
  Container container;
  container.id = id;
  container.state = kStateRunning;
  return container;
}

inline Container OfPod(const std::string& id,
                       const std::string& state = std::string(kStateRunning)) {
  Container container = Plain(id);
  container.state = state;
  container.labels.emplace(
      std::vector<StringMap::value_type>{{std::string(kPodUidLabel), "uid"}});
  return container;
}

/// The limit of a call, if it has no deadline.
inline constexpr std::chrono::hours kTimeout{1};

/// What a candidate does, and what it was asked.
struct Behaviour {
  std::vector<Container> containers;
  std::optional<Error> list_error;
  std::optional<Error> ping_error;
  std::optional<Error> incomplete;
  std::vector<ListOptions> lists = {};
  std::vector<std::chrono::nanoseconds> limits = {};
  int pings = 0;
};

class FakeRuntime final : public ContainerRuntime {
 public:
  FakeRuntime(std::string endpoint, Behaviour& behaviour)
      : endpoint_(std::move(endpoint)), behaviour_(behaviour) {}

  const std::string& endpoint() const noexcept override { return endpoint_; }

 private:
  void DoForEachContainer(const ListOptions& options,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override {
    behaviour_.lists.push_back(options);
    const auto now = std::chrono::steady_clock::now();
    behaviour_.limits.push_back(call.deadline.value_or(now + kTimeout) - now);
    if (behaviour_.list_error) throw *behaviour_.list_error;
    if (behaviour_.incomplete && call.on_incomplete)
      call.on_incomplete(*behaviour_.incomplete);
    for (Container container : behaviour_.containers) visitor(container);
  }
  PingResult DoPing(const CallOptions& /*call*/) const override {
    ++behaviour_.pings;
    if (behaviour_.ping_error) throw *behaviour_.ping_error;
    PingResult result;
    result.api_version = endpoint_;
    return result;
  }

  std::string endpoint_;
  Behaviour& behaviour_;
};

/// Candidates "a", "b" and so on, whose sockets are files.
class Candidates {
 public:
  explicit Candidates(std::vector<Behaviour> behaviours) {
    std::vector<RuntimeCandidate> candidates;
    for (Behaviour& behaviour : behaviours) {
      const std::string name(1, static_cast<char>('a' + behaviours_.size()));
      behaviours_.push_back(std::move(behaviour));
      Appear(name);
      candidates.push_back(
          {std::make_unique<FakeRuntime>(name, behaviours_.back()),
           dir_ / name});
    }
    runtime_.emplace(std::move(candidates), kTimeout);
  }

  const SelectingRuntime& runtime() const { return *runtime_; }

  Behaviour& operator[](char name) {
    return *std::next(behaviours_.begin(), name - 'a');
  }

  void Appear(const std::string& name) { std::ofstream(dir_ / name) << ""; }
  void Vanish(const std::string& name) { std::filesystem::remove(dir_ / name); }
  /// As a daemon does that starts again.
  void Replace(const std::string& name) {
    Appear("new");
    std::filesystem::rename(dir_ / "new", dir_ / name);
  }

  Ids List(const ListOptions& options = {}) const {
    Ids ids;
    for (const Container& container : runtime_->ListContainers(options))
      ids.push_back(container.id);
    return ids;
  }

  Error Fails(const ListOptions& options = {}) const {
    return ErrorOf([&] { List(options); });
  }

  std::string Reason() const { return runtime_->Choice().reason; }

  /// How often each was asked for a list since the last time.
  std::vector<std::size_t> Asked() {
    std::vector<std::size_t> counts;
    for (Behaviour& behaviour : behaviours_)
      counts.push_back(std::exchange(behaviour.lists, {}).size());
    return counts;
  }

 private:
  TempDir dir_;
  std::list<Behaviour> behaviours_;
  std::optional<SelectingRuntime> runtime_;
};

using Counts = std::vector<std::size_t>;

inline Behaviour Lists(std::vector<Container> containers) {
  Behaviour behaviour;
  behaviour.containers = std::move(containers);
  return behaviour;
}

inline Behaviour Fails(ErrorCode code, const std::string& text) {
  Behaviour behaviour;
  behaviour.list_error.emplace(code, text);
  behaviour.ping_error = behaviour.list_error;
  return behaviour;
}

inline Behaviour Hangs(const std::string& text = "it hangs.") {
  return Fails(ErrorCode::kTimeout, text);
}

/// Responds to a ping, but its list fails.
inline Behaviour ListFails(ErrorCode code, const std::string& text) {
  Behaviour behaviour = Fails(code, text);
  behaviour.ping_error.reset();
  return behaviour;
}

inline ListOptions Limit(int limit) {
  ListOptions options;
  options.limit = limit;
  return options;
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_UNIT_CANDIDATES_H_
