// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "containercollector/error.h"
#include "lib/src/cri/list_filter.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::internal;
using test::ErrorOf;

namespace {

const std::string kId(64, 'a');

cri::Entry EntryOf(const std::string& id, const std::string& name,
                   std::string_view state) {
  cri::Entry entry;
  entry.container.id = id;
  entry.container.names = StringList{"/k8s_" + name};
  entry.container.state = state;
  entry.container.image = "docker.io/library/busybox:1";
  entry.container.image_id = "sha256:0123456789abcdef";
  entry.image_ref = "docker.io/library/busybox@sha256:fedcba987654";
  entry.container.labels = StringMap{{"app", name}, {"empty", ""}};
  entry.container.host_config.network_mode = "container:" + name;
  if (state == kStateExited) entry.exit_code = 137;
  return entry;
}

/// Newest first.
std::vector<cri::Entry> Node() {
  return {EntryOf("aa1", "web", kStateRunning),
          EntryOf("aa2", "db", kStateExited),
          EntryOf("bb1", "job", kStateCreated),
          EntryOf("bb2", "web2", kStateRunning)};
}

/// Returns the options that words like "all=0" or "label=a=b" describe.
ListOptions OptionsOf(const std::string& words) {
  ListOptions options;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (name == "all") {
      options.all = value == "1";
    } else if (name == "limit") {
      options.limit = std::stoi(value);
    } else {
      options.filters.Add(name, value);
    }
  }
  return options;
}

CallLimit Patient() { return CallLimit::Of({}, std::chrono::hours(1)); }

std::string Listed(const ListOptions& options) {
  const CallLimit limit = Patient();
  const cri::ListFilter filter(options, limit);
  std::vector<cri::Entry> entries = Node();
  filter.DropListed(entries);
  filter.DropComplete(entries);
  entries.resize(std::min(entries.size(), filter.max_entries()));
  std::string ids;
  for (const cri::Entry& entry : entries)
    ids += (ids.empty() ? "" : " ") + entry.container.id;
  return ids;
}

struct Case {
  std::string words;
  std::string result;
};

void CheckListed(const std::vector<Case>& cases) {
  for (const auto& [words, ids] : cases) {
    CAPTURE(words);
    CHECK(Listed(OptionsOf(words)) == ids);
  }
}

}  // namespace

TEST_CASE("All containers are listed, or running ones, or the newest") {
  CheckListed({{"", "aa1 aa2 bb1 bb2"},
               {"all=0", "aa1 bb2"},
               {"all=0 limit=2", "aa1 aa2"},  // Docker's limit implies all.
               {"limit=1", "aa1"},
               {"limit=1 exited=137", "aa2"},
               {"limit=100 exited=137", "aa2"},
               {"limit=-1 exited=137", "aa2"}});
}

TEST_CASE("Each filter selects what Docker's does") {
  CheckListed({
      {"id=aa1", "aa1"},
      {"id=bb", ""},  // It is not unique.
      {"id=aa1 id=bb2", "aa1 bb2"},
      // All values of this one must match.
      {"label=app", "aa1 aa2 bb1 bb2"},
      {"label=app=db", "aa2"},
      {"label=empty=", "aa1 aa2 bb1 bb2"},
      {"label=none", ""},
      {"label=app=db label=app=web", ""},
      // Implies all containers.
      {"all=0 status=exited", "aa2"},
      {"all=0 status=exited status=created", "aa2 bb1"},
      {"status=paused", ""},
      {"exited=137", "aa2"},
      {"exited=0", ""},
      {"network=container:db", "aa2"},
      {"network=host", ""},
      {"before=aa2", "bb1 bb2"},
      {"before=k8s_db", "bb1 bb2"},
      {"since=/k8s_db", "aa1"},
      {"since=aa1", ""},
      {"before=aa1 since=bb2", "aa2 bb1"},
      {"before=bb2 since=aa1", ""},
      // The narrowest of several counts, whatever their order.
      {"before=aa1 before=bb1", "bb2"},
      {"before=k8s_web before=bb1", "bb2"},
      {"since=aa2 since=bb2", "aa1"},
      {"since=aa2 since=/k8s_web2", "aa1"},
  });
}

TEST_CASE("An ancestor is an image by name, ID or reference") {
  for (const char* image :
       {"busybox:1", "docker.io/library/busybox:1", "library/busybox:1",
        "sha256:0123456789abcdef", "0123456789abcdef", "0123456789ab",
        "sha256:0123456789ab", "docker.io/library/busybox@sha256:fedcba987654",
        "busybox@sha256:fedcba987654", "fedcba987654", "sha256:fedcba987654"})
    CheckListed({{std::string("limit=1 ancestor=").append(image), "aa1"}});
  for (const char* image :
       {"busybox", "busybox:2", "0123", "box:1", "fedcba", ""})
    CheckListed({{std::string("ancestor=").append(image), ""}});
}

TEST_CASE(
    "A name filter matches regular expressions, with or without a slash") {
  CheckListed({{"name=web", "aa1 bb2"},
               {"name=/k8s_web$", "aa1"},
               {"name=^k8s_web$", "aa1"},
               {"name=^/k8s_(job|db)", "aa2 bb1"},
               {"name=^k8s_(job|db)$", "aa2 bb1"},
               {"name=web[0-9]+", "bb2"},
               {"name=nothing", ""},
               {"name=" + std::string(40, '.'), ""},
               // Docker's: they are not valid.
               {"name=(", ""},
               {"name=web)|(db", ""},
               {"name=*", ""},
               {"name=web\\", ""},
               // Without operators.
               {"name=^/k8s_web", "aa1 bb2"},
               {"name=^k8s_web2", "bb2"},
               {"name=_web$", "aa1"},
               {"name=^web", ""},
               {"name=k8s$", ""},
               {"name=", "aa1 aa2 bb1 bb2"},
               {"name=^$", ""},
               {"name=" + std::string(10'000, 'x'), ""}});
  std::string many = "name=^/k8s_web2";
  for (int i = 0; i < 255; ++i) many += " name=none-" + std::to_string(i);
  CheckListed({{many, "bb2"}});
}

TEST_CASE("The expressions of a name filter share one bound") {
  std::size_t room = cri::kMaxExpressionBytes;
  cri::MatcherOf(std::string(1000, 'x'), room);
  CHECK(room == cri::kMaxExpressionBytes);
  cri::MatcherOf(std::string(20, '.'), room);
  CHECK(room == 20);
  CHECK_THROWS_AS(cri::MatcherOf(std::string(21, '.'), room), Error);
  cri::MatcherOf(std::string(20, '.'), room);
  CHECK(room == 0);
}

TEST_CASE("A name filter takes no exponential time") {
  const auto matches = [](const std::string& text, const std::string& name) {
    std::size_t room = cri::kMaxExpressionBytes;
    return cri::MatcherOf(text, room)("/" + name);
  };
  const std::string kNested = "^(a*)*(a|aa)+(.*)*(x+x+)+y$";
#ifdef __GLIBCXX__
  CHECK_FALSE(matches(kNested, std::string(1000, 'a')));
#else  // libc++ gives up after a while.
  CHECK_THROWS_AS(matches(kNested, std::string(1000, 'a')), Error);
#endif
  CHECK_FALSE(matches(kNested, std::string(1000, 'x')));
  CHECK(matches(kNested, std::string(100, 'a') + "xxy"));
  CHECK_FALSE(matches(std::string(40, '('), "a"));
  CHECK_FALSE(matches(std::string(18, '(') + "a*" + std::string(18, ')') + "b",
                      std::string(1000, 'a')));
}

TEST_CASE("A filter or value that a runtime cannot apply is rejected") {
  const std::string names =
      "'. The list of a container runtime takes these: ancestor, before, "
      "exited, id, label, name, network, since, status.";
  const std::string expressions =
      "': write parts of names, or regular expressions of at most 40 bytes "
      "together, without \"{\", \"(?\", \"\\b\" and \"\\B\".";
  std::string many;
  for (int i = 0; i < 257; ++i) many += " name=none-" + std::to_string(i);
  for (const auto& [words, text] : std::vector<Case>{
           {"volume=x", "Invalid filter 'volume" + names},
           {"junk=x", "Invalid filter 'junk" + names},
           {many,
            "Invalid filter 'name': it has 257 values. Write at most "
            "256."},
           {"status=asleep",
            "Invalid filter 'status=asleep': write one of created, running, "
            "paused, restarting, removing, exited, dead."},
           {"exited=1x",
            "Invalid filter 'exited=1x': write an exit code, e.g. exited=137."},
           {"before=aa", "No such container: aa"},
           {"since=nosuch", "No such container: nosuch"},
           {"name=a{9}", "Invalid filter 'name=a{9}" + expressions},
           {"name=(?=a)", "Invalid filter 'name=(?=a)" + expressions},
           {"name=\\bweb", "Invalid filter 'name=\\bweb" + expressions},
           {"name=web\\B", "Invalid filter 'name=web\\B" + expressions},
           {"name=" + std::string(129, '.'),
            "Invalid filter 'name=" + std::string(128, '.') + "..." +
                expressions}}) {
    const ListOptions options = OptionsOf(words);
    const Error error = ErrorOf([&] { Listed(options); });
    CHECK(error.code() == ErrorCode::kRequestRejected);
    CHECK(error.what() == text);
  }
}

TEST_CASE("Some filters need the status of each entry") {
  const CallLimit limit = Patient();
  for (const char* name : {"name", "exited", "ancestor", "network"}) {
    CAPTURE(name);
    const ListOptions options = OptionsOf(name + std::string("=1"));
    CHECK(cri::ListFilter(options, limit).NeedsStatus() ==
          (name != std::string("name")));
  }
}

TEST_CASE("The state is checked again when the status is known") {
  const ListOptions options = OptionsOf("all=0");
  const CallLimit limit = Patient();
  const cri::ListFilter filter(options, limit);
  std::vector<cri::Entry> entries = Node();
  filter.DropListed(entries);
  REQUIRE(entries.size() == 2);
  entries[0].container.state = kStateExited;
  filter.DropComplete(entries);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].container.id == "bb2");
}

TEST_CASE("Filtering ends at the deadline or when the call is cancelled") {
  Cancellation cancellation;
  CallLimit limit = Patient();
  const ListOptions options = OptionsOf("name=web");
  const cri::ListFilter filter(options, limit);
  const auto check_ends = [&](ErrorCode code, const std::string& how) {
    for (const auto drop :
         {&cri::ListFilter::DropListed, &cri::ListFilter::DropComplete}) {
      std::vector<cri::Entry> entries = Node();
      const Error error = ErrorOf([&] { (filter.*drop)(entries); });
      CHECK(ToString(error.code()) == ToString(code));
      CHECK(error.what() ==
            "The collection was " + how + " while filtering the list.");
    }
  };
  limit.cancellation = &cancellation;
  cancellation.Cancel();
  check_ends(ErrorCode::kCancelled, "cancelled by its caller");
  limit.cancellation = nullptr;
  limit.deadline = std::chrono::steady_clock::now();
  check_ends(ErrorCode::kTimeout, "not finished in time");
}

TEST_CASE("Filters that the runtime can apply are sent to it") {
  for (const auto& [words, sent] : std::vector<Case>{
           {"", ""},
           {"all=0", "running"},
           {"all=0 limit=1", ""},
           {"status=running", "running"},
           {"all=0 status=exited", "exited"},
           // cri-dockerd lists a paused container as running, and so on.
           {"status=paused", ""},
           {"all=0 status=running status=exited", ""},
           {"id=" + kId, kId},
           {"id=" + kId.substr(1), ""},
           {"id=" + kId + " id=b", ""},
           {"label=app=web label=key label=annotation.a=b "
            "label=io.kubernetes.docker.type=container",
            "app=web"},
           {"all=0 before=x id=" + kId, ""},
           {"all=0 since=x label=a=b", ""}}) {
    CAPTURE(words);
    const ListOptions options = OptionsOf(words);
    const CallLimit limit = Patient();
    const cri::ListRequest request = cri::ListFilter(options, limit).Request();
    std::string shown = request.id + std::string(request.state);
    for (const auto& [key, value] : request.labels) shown += key + "=" + value;
    CHECK(shown == sent);
  }
}
