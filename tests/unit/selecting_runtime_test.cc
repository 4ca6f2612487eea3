// SPDX-License-Identifier: Apache-2.0
#include "lib/src/selecting_runtime.h"

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
#include "tests/support/catch.h"
#include "tests/support/error_of.h"
#include "tests/support/posix.h"

using namespace containercollector;
using std::chrono::minutes;
using test::ErrorOf;

namespace {

using Ids = std::vector<std::string>;
using Counts = std::vector<std::size_t>;

/// The limit of a call, if it has no deadline.
constexpr std::chrono::hours kTimeout{1};
constexpr const char* kListsPods = "it lists Kubernetes containers";

Container Plain(const std::string& id, StringMap labels = {}) {
  Container container;
  container.id = id;
  container.state = kStateRunning;
  container.labels = std::move(labels);
  return container;
}

Container OfPod(const std::string& id) {
  return Plain(id, {{std::string(kPodUidLabel), "uid"}});
}

/// What a candidate does, and what it was asked.
struct Behaviour {
  std::vector<Container> containers;
  std::optional<Error> list_error = {};
  std::optional<Error> ping_error = {};
  std::optional<Error> incomplete = {};
  std::size_t lists = 0;
  std::vector<std::chrono::nanoseconds> limits = {};
  int pings = 0;
};

Behaviour Fails(ErrorCode code, const std::string& text) {
  return {{}, Error(code, text), Error(code, text)};
}

Behaviour Hangs(const std::string& text = "it hangs.") {
  return Fails(ErrorCode::kTimeout, text);
}

class FakeRuntime final : public ContainerRuntime {
 public:
  FakeRuntime(std::string endpoint, Behaviour& behaviour)
      : endpoint_(std::move(endpoint)), behaviour_(behaviour) {}

  const std::string& endpoint() const noexcept override { return endpoint_; }

 private:
  void DoForEachContainer(const ListOptions& /*options*/,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override {
    ++behaviour_.lists;
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
    std::vector<internal::RuntimeCandidate> candidates;
    for (Behaviour& behaviour : behaviours) {
      const std::string name(1, static_cast<char>('a' + behaviours_.size()));
      behaviours_.push_back(std::move(behaviour));
      Appear(name);
      candidates.push_back(
          {std::make_unique<FakeRuntime>(name, behaviours_.back()),
           dir_ / name});
    }
    runtime_ = internal::MakeSelectingRuntime(std::move(candidates), kTimeout);
  }

  const ContainerRuntime& runtime() const { return *runtime_; }

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

  Ids List(int limit = 0, const CallOptions& call = {}) const {
    ListOptions options;
    options.limit = limit;
    Ids ids;
    for (const Container& container : runtime_->ListContainers(options, call))
      ids.push_back(container.id);
    return ids;
  }

  void CheckChosen(const std::string& name, const std::string& reason) const {
    CHECK(runtime_->endpoint() == name);
    CHECK(runtime_->Choice().endpoint == name);
    CHECK(runtime_->Choice().reason == reason);
  }

  void CheckFails(ErrorCode code, const std::string& text,
                  int limit = 0) const {
    const Error error = ErrorOf([&] { List(limit); });
    CHECK(error.what() == text);
    CHECK(ToString(error.code()) == ToString(code));
  }

  /// How often each was asked for a list since the last time.
  Counts Asked() {
    Counts counts;
    for (Behaviour& behaviour : behaviours_)
      counts.push_back(std::exchange(behaviour.lists, 0));
    return counts;
  }

 private:
  test::TempDir dir_;
  std::list<Behaviour> behaviours_;
  std::unique_ptr<ContainerRuntime> runtime_;
};

std::string Others(const std::string& name) {
  return " Others respond, but list no running Kubernetes containers: " + name +
         ".";
}

std::string NoRuntime(const std::string& why) {
  return "Cannot find a container runtime. " + why +
         " Is a container runtime running? If it listens elsewhere, name its "
         "endpoint.";
}

}  // namespace

TEST_CASE("Pods are the best reason, then any container, then a response") {
  Candidates candidates({Fails(ErrorCode::kCannotConnect, "refused"),
                         {},
                         {{Plain("c1")}},
                         {{Plain("d1"), OfPod("d2")}},
                         {{OfPod("e1")}}});
  candidates.CheckChosen("", "");
  CHECK(candidates.List() == Ids{"d1", "d2"});
  candidates.CheckChosen("d", kListsPods);
  CHECK(candidates.Asked() == Counts{1, 1, 1, 1, 0});
  CHECK(candidates.runtime().Ping().api_version == "d");
  for (const char name : {'d', 'e'}) candidates[name].containers.clear();
  CHECK(candidates.List() == Ids{"c1"});
  candidates.CheckChosen(
      "c",
      "it is the first that lists containers, and none lists Kubernetes "
      "containers");
  candidates['c'].containers.clear();
  CHECK(candidates.List().empty());
  candidates.CheckChosen(
      "b", "it is the first that responds, and none lists containers");
}

TEST_CASE("Labels that the CRI client adds do not make a pod's container") {
  const std::string type(kPodContainerTypeLabel);
  Candidates candidates(
      {{{Plain("a1", {{type, "podsandbox"},
                      {std::string(kPodContainerNameLabel), "POD"}}),
         Plain("a2",
               {{type, "container"}, {"io.kubernetes.sandbox.id", "a1"}})}},
       {{OfPod("b1")}}});
  CHECK(candidates.List() == Ids{"b1"});
}

TEST_CASE("A single runtime is chosen without a reason") {
  Candidates candidates({{}, {{Plain("b1")}}});
  candidates.Vanish("a");
  CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.List(1) == Ids{"b1"});
  candidates.CheckChosen("b", "");
  CHECK(candidates.Asked() == Counts{0, 2});
}

TEST_CASE("Candidates that fail are ignored, also in the reason") {
  for (const ErrorCode code :
       {ErrorCode::kCannotConnect, ErrorCode::kPermissionDenied,
        ErrorCode::kTlsFailed, ErrorCode::kResponseTruncated,
        ErrorCode::kResponseMalformed, ErrorCode::kRequestRejected,
        ErrorCode::kDaemonError}) {
    CAPTURE(ToString(code));
    Candidates candidates({Fails(code, "no."), {{Plain("b1")}}});
    CHECK(candidates.List() == Ids{"b1"});
    candidates.CheckChosen("b", "");
  }
}

TEST_CASE("If no runtime responds, the error says why for each") {
  Candidates candidates({{},
                         Fails(ErrorCode::kCannotConnect, "Is b?"),
                         Fails(ErrorCode::kDaemonError, "c has no CRI."),
                         {}});
  candidates.Vanish("a");
  candidates.Vanish("d");
  candidates.CheckFails(
      ErrorCode::kCannotConnect,
      NoRuntime("Is b? c has no CRI. These sockets do not exist: a, d."));
  candidates.CheckChosen("", "");
  candidates['b'] = Fails(ErrorCode::kPermissionDenied, "Denied");
  candidates.Vanish("c");
  candidates.CheckFails(
      ErrorCode::kPermissionDenied,
      NoRuntime("Denied. These sockets do not exist: a, c, d."));
  candidates.Vanish("b");
  candidates.CheckFails(ErrorCode::kCannotConnect,
                        NoRuntime("These sockets do not exist: a, b, c, d."));
}

TEST_CASE("A choice is kept without querying other candidates") {
  Candidates candidates({{}, {{OfPod("b1")}}, {}});
  candidates.List();
  candidates.Asked();
  candidates['a'].containers = {OfPod("a1")};
  for (const int limit : {0, 0, 1, 0})
    CHECK(candidates.List(limit).size() == 1);
  // Nor when its own socket is replaced.
  candidates.Replace("b");
  CHECK(candidates.List() == Ids{"b1"});
  candidates.Vanish("a");
  CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.Asked() == Counts{0, 6, 0});
}

TEST_CASE("While no runtime lists pods, each list looks for them") {
  const int limit = GENERATE(0, 5);
  Candidates candidates({{}, {{OfPod("b1")}}, {}});
  CHECK(candidates.List() == Ids{"b1"});
  candidates['b'].containers = {Plain("b1")};
  CHECK(candidates.List() == Ids{"b1"});
  candidates['c'].containers = {OfPod("c1"), OfPod("c2")};
  CHECK(candidates.List(limit) == Ids{"c1", "c2"});
  candidates.CheckChosen("c", kListsPods);
}

TEST_CASE("A runtime that refuses connections is no longer chosen") {
  Candidates candidates({{{OfPod("a1")}}, {{Plain("b1")}}});
  candidates.List();
  candidates['a'].list_error.emplace(ErrorCode::kCannotConnect, "refused");
  SECTION("with its socket") {}
  SECTION("without its socket") { candidates.Vanish("a"); }
  SECTION("for a narrowed list") { CHECK(candidates.List(1) == Ids{"b1"}); }
  CHECK(candidates.List() == Ids{"b1"});
  candidates.CheckChosen("b", "");
  candidates.Replace("a");
  candidates['a'].list_error.reset();
  CHECK(candidates.List() == Ids{"a1"});
}

TEST_CASE("If another socket appears or is replaced, the choice is made anew") {
  Candidates candidates({{{OfPod("a1")}}, {{OfPod("b1")}}});
  candidates.Vanish("a");
  CHECK(candidates.List() == Ids{"b1"});
  candidates.CheckChosen("b", "");
  SECTION("appears") { candidates.Appear("a"); }
  SECTION("is replaced") {
    candidates['a'].list_error.emplace(ErrorCode::kCannotConnect, "refused");
    candidates.Appear("a");
    CHECK(candidates.List() == Ids{"b1"});
    candidates['a'].list_error.reset();
    CHECK(candidates.List() == Ids{"b1"});
    candidates.Replace("a");
  }
  CHECK(candidates.List(1) == Ids{"a1"});
  candidates.CheckChosen("a", kListsPods);
}

TEST_CASE("Only what the chosen runtime lacks is reported") {
  Candidates candidates({{{Plain("a1")}}, {{OfPod("b1")}}});
  for (const char name : {'a', 'b'})
    candidates[name].incomplete.emplace(ErrorCode::kTimeout,
                                        name + std::string(" lacks"));
  Ids reports;
  CallOptions call;
  call.on_incomplete = [&](const Error& error) {
    reports.emplace_back(error.what());
  };
  candidates.List(GENERATE(0, 1), call);
  CHECK(reports == Ids{"b lacks"});
  candidates.List(0, call);
  CHECK(reports == Ids{"b lacks", "b lacks"});
}

TEST_CASE("A cancelled call queries no further candidate") {
  Candidates candidates(
      {Fails(ErrorCode::kCancelled, "cancelled"), {{OfPod("b1")}}});
  candidates.CheckFails(ErrorCode::kCancelled, "cancelled");
  CHECK(candidates.Asked() == Counts{1, 0});
}

TEST_CASE("What the visitor throws reaches the caller, and ends the call") {
  Candidates candidates({{{OfPod("a1"), OfPod("a2")}}, {}});
  int visits = 0;
  const Error error = ErrorOf([&] {
    candidates.runtime().ForEachContainer({}, [&](Container&) {
      ++visits;
      throw Error(ErrorCode::kCannotConnect, "visitor");
    });
  });
  CHECK(error.what() == std::string("visitor"));
  CHECK(visits == 1);
  CHECK(candidates.Asked() == Counts{1, 0});
}

TEST_CASE("Without a socket file, a candidate may always exist") {
  Behaviour behaviour{{Plain("a1")}};
  for (const char* path : {"", "@abstract"}) {
    std::vector<internal::RuntimeCandidate> candidates;
    candidates.push_back(
        {std::make_unique<FakeRuntime>("tcp://a", behaviour), path});
    candidates.push_back(
        {std::make_unique<FakeRuntime>("unix:///nowhere", behaviour),
         "/nowhere"});
    const auto runtime =
        internal::MakeSelectingRuntime(std::move(candidates), kTimeout);
    CHECK(runtime->ListContainers().size() == 1);
    CHECK(runtime->endpoint() == "tcp://a");
  }
}

TEST_CASE("An empty runtime does not take the place of one that ran pods") {
  Candidates candidates({{{OfPod("a1")}}, {}});
  candidates.List();
  candidates['a'].list_error.emplace(ErrorCode::kCannotConnect, "Is a up?");
  candidates.Vanish("a");
  for (const int limit : {0, 1})
    candidates.CheckFails(ErrorCode::kCannotConnect, "Is a up?" + Others("b"),
                          limit);
  candidates['a'].list_error.reset();
  candidates.Appear("a");
  CHECK(candidates.List() == Ids{"a1"});
}

TEST_CASE("A chosen runtime that hangs or fails remains the choice") {
  for (const ErrorCode code :
       {ErrorCode::kTimeout, ErrorCode::kDaemonError,
        ErrorCode::kResponseTruncated, ErrorCode::kResponseTooLarge}) {
    CAPTURE(ToString(code));
    Candidates candidates({{{OfPod("a1")}}, {{OfPod("b1")}}});
    candidates.List();
    candidates.Asked();
    candidates['a'].list_error.emplace(code, "sick");
    for (const int limit : {0, 1}) candidates.CheckFails(code, "sick", limit);
    CHECK(candidates.Asked() == Counts{2, 0});
    // Not either when it is time to choose again.
    candidates.Replace("b");
    candidates.CheckFails(code, "sick");
    candidates.CheckChosen("a", kListsPods);
    candidates['a'].list_error.reset();
    CHECK(candidates.List() == Ids{"a1"});
  }
}

TEST_CASE("A candidate that hangs hides no runtime with running pods") {
  Candidates candidates({Hangs(), {}, {{OfPod("c1")}}, Hangs()});
  CHECK(candidates.List() == Ids{"c1"});
  CHECK(candidates.Asked() == Counts{1, 1, 1, 0});
  CHECK(candidates.List(1) == Ids{"c1"});
  CHECK(candidates.Asked() == Counts{0, 0, 1, 0});
}

TEST_CASE("A candidate that hangs is the result if no other runs pods") {
  std::vector<Container> others;
  SECTION("an empty one") {}
  SECTION("one with containers of its own") { others = {Plain("b1")}; }
  SECTION("one with pods of the past") {
    others = {OfPod("b1")};
    others[0].state = kStateExited;
  }
  Candidates candidates({Hangs("a hangs"), {others}});
  for (const int limit : {0, 1})
    candidates.CheckFails(ErrorCode::kTimeout, "a hangs." + Others("b"), limit);
  candidates.CheckChosen("", "");
  candidates['a'] = {{OfPod("a1")}};
  CHECK(candidates.List() == Ids{"a1"});
  // A later one too.
  const Candidates later({{}, Hangs("b hangs.")});
  later.CheckFails(ErrorCode::kTimeout, "b hangs." + Others("a"));
}

TEST_CASE("A candidate whose list fails, but which responds, is the result") {
  for (const ErrorCode code :
       {ErrorCode::kDaemonError, ErrorCode::kResponseTruncated,
        ErrorCode::kResponseTooLarge, ErrorCode::kResponseMalformed}) {
    CAPTURE(ToString(code));
    Candidates candidates({Fails(code, "too many."), {{Plain("b1")}}});
    candidates['a'].ping_error.reset();
    candidates.CheckFails(code, "too many." + Others("b"));
    CHECK(candidates['a'].pings == 1);
    candidates['b'].containers = {OfPod("b1")};
    CHECK(candidates.List() == Ids{"b1"});
  }
}

TEST_CASE("A candidate gets a share of the time, then all that is left") {
  Candidates candidates({Hangs("a hangs."), {}, {}});
  candidates.CheckFails(ErrorCode::kTimeout, "a hangs." + Others("b, c"));
  const auto& limits = candidates['a'].limits;
  REQUIRE(limits.size() == 2);
  CHECK(limits[0] <= minutes(15));
  CHECK(limits[1] > minutes(50));
  CHECK(candidates['b'].limits.at(0) <= minutes(15));

  // A slow one that responds at the second attempt is chosen.
  CallOptions call;
  call.deadline = std::chrono::steady_clock::now() + minutes(20);
  candidates['a'] = {{OfPod("a1")}};
  CHECK(candidates.List(0, call).size() == 1);
  CHECK(candidates['a'].limits.at(0) <= minutes(5));
  // The chosen one has all the time.
  CHECK(candidates.List(0, call).size() == 1);
  CHECK(candidates['a'].limits.at(1) > minutes(15));
}
