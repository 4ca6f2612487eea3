// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/error.h"
#include "lib/src/cri/list_filter.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::internal;
using test::ErrorOf;

namespace {

cri::Entry EntryOf(const std::string& id, const std::string& name,
                   const std::string& state) {
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
  return {EntryOf("aa1", "web", "running"), EntryOf("aa2", "db", "exited"),
          EntryOf("bb1", "job", "created"), EntryOf("bb2", "web2", "running")};
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

ListOptions With(const std::string& name, const std::string& value) {
  ListOptions options;
  options.filters.Add(name, value);
  return options;
}

std::string Listed(const std::string& name, const std::string& value) {
  return Listed(With(name, value));
}

std::string RejectionOf(const std::string& name, const std::string& value) {
  const ListOptions options = With(name, value);
  const Error error = ErrorOf([&] { Listed(options); });
  CHECK(error.code() == ErrorCode::kRequestRejected);
  return error.what();
}

}  // namespace

TEST_CASE("All containers are listed, or only running ones") {
  ListOptions options;
  CHECK(Listed(options) == "aa1 aa2 bb1 bb2");
  options.all = false;
  CHECK(Listed(options) == "aa1 bb2");
  options.limit = 2;  // Docker's limit implies all.
  CHECK(Listed(options) == "aa1 aa2");
}

TEST_CASE("A limit keeps the newest of those that match") {
  ListOptions options;
  options.limit = 1;
  CHECK(Listed(options) == "aa1");
  options.filters.Add("exited", "137");
  CHECK(Listed(options) == "aa2");
  options.limit = 100;
  CHECK(Listed(options) == "aa2");
  options.limit = -1;
  CHECK(Listed(options) == "aa2");
}

TEST_CASE("Some filters need the status of each entry") {
  const CallLimit limit = Patient();
  for (const char* name : {"name", "exited", "ancestor", "network"}) {
    CAPTURE(name);
    const ListOptions options = With(name, "1");
    CHECK(cri::ListFilter(options, limit).NeedsStatus() ==
          (name != std::string("name")));
  }
}

TEST_CASE("The state is checked again when the status is known") {
  ListOptions options;
  options.all = false;
  const CallLimit limit = Patient();
  const cri::ListFilter filter(options, limit);
  std::vector<cri::Entry> entries = Node();
  filter.DropListed(entries);
  REQUIRE(entries.size() == 2);
  entries[0].container.state = "exited";
  filter.DropComplete(entries);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].container.id == "bb2");
}

TEST_CASE("A filter of very many values is rejected") {
  const auto with_names = [](int count) {
    ListOptions options;
    for (int i = 0; i < count; ++i)
      options.filters.Add("name", "none-" + std::to_string(i));
    return options;
  };
  CHECK(Listed(with_names(256)).empty());
  const Error error = ErrorOf([&] { Listed(with_names(2239)); });
  CHECK(error.code() == ErrorCode::kRequestRejected);
  CHECK(std::string(error.what()) ==
        "Invalid filter 'name': it has 2239 values. Write at most 256.");
}

TEST_CASE("Filtering ends with the time or the call") {
  Cancellation cancellation;
  CallLimit limit = Patient();
  limit.cancellation = &cancellation;
  const ListOptions options = With("name", "web");
  const cri::ListFilter filter(options, limit);
  const auto check_ends = [&](ErrorCode code, const std::string& text) {
    for (const auto drop :
         {&cri::ListFilter::DropListed, &cri::ListFilter::DropComplete}) {
      std::vector<cri::Entry> entries = Node();
      const Error error = ErrorOf([&] { (filter.*drop)(entries); });
      CHECK(ToString(error.code()) == ToString(code));
      CHECK(error.what() == text);
    }
  };
  cancellation.Cancel();
  check_ends(ErrorCode::kCancelled,
             "The collection was cancelled by its caller while filtering the "
             "list.");
  limit.cancellation = nullptr;
  limit.deadline = std::chrono::steady_clock::now();
  check_ends(ErrorCode::kTimeout,
             "The collection was not finished in time while filtering the "
             "list.");
}

TEST_CASE("An ID filter takes the beginning of one ID") {
  CHECK(Listed("id", "aa1") == "aa1");
  CHECK(Listed("id", "bb").empty());  // Docker's: it is not unique.
  ListOptions options = With("id", "aa1");
  options.filters.Add("id", "bb2");
  CHECK(Listed(options) == "aa1 bb2");
}

TEST_CASE("A name filter takes regular expressions, with and without slash") {
  struct Case {
    std::string text;
    const char* ids;
  };
  for (const Case& one :
       {Case{"web", "aa1 bb2"}, Case{"/k8s_web$", "aa1"},
        Case{"^k8s_web$", "aa1"}, Case{"^/k8s_(job|db)", "aa2 bb1"},
        Case{"^k8s_(job|db)$", "aa2 bb1"}, Case{"web[0-9]+", "bb2"},
        Case{"nothing", ""}, Case{std::string(40, '.'), ""},
        // Docker's: they are not valid.
        Case{"(", ""}, Case{"web)|(db", ""}, Case{"*", ""}, Case{"web\\", ""},
        // Without operators.
        Case{"^/k8s_web", "aa1 bb2"}, Case{"^k8s_web2", "bb2"},
        Case{"_web$", "aa1"}, Case{"^web", ""}, Case{"k8s$", ""},
        Case{"", "aa1 aa2 bb1 bb2"}, Case{"^$", ""},
        Case{std::string(10'000, 'x'), ""}}) {
    CAPTURE(one.text);
    CHECK(Listed("name", one.text) == one.ids);
  }
  ListOptions options = With("name", "^/k8s_web2");
  for (int i = 0; i < 100; ++i)
    options.filters.Add("name", "none-" + std::to_string(i));
  CHECK(Listed(options) == "bb2");
}

TEST_CASE("A name filter that could take long is rejected") {
  for (const std::string& text :
       {std::string("a{9}"), std::string("(?=a)"), std::string("\\bweb"),
        std::string("web\\B"), std::string(129, '.')}) {
    CHECK(RejectionOf("name", text) ==
          "Invalid filter 'name=" + text.substr(0, 128) +
              (text.size() > 128 ? "..." : "") +
              "': write parts of names, or regular expressions of at most 40 "
              "bytes together, without \"{\", \"(?\", \"\\b\" and \"\\B\".");
  }
}

TEST_CASE("The expressions of a name filter share one bound") {
  std::size_t room = cri::NamePattern::kMaxBytes;
  const cri::NamePattern plain(std::string(1000, 'x'), room);
  CHECK(room == cri::NamePattern::kMaxBytes);
  const cri::NamePattern half(std::string(20, '.'), room);
  CHECK(room == 20);
  CHECK_THROWS_AS(cri::NamePattern(std::string(21, '.'), room), Error);
  const cri::NamePattern rest(std::string(20, '.'), room);
  CHECK(room == 0);
}

TEST_CASE("A name filter takes no exponential time") {
  const auto matches = [](const std::string& text, const std::string& name) {
    std::size_t room = cri::NamePattern::kMaxBytes;
    return cri::NamePattern(text, room).Matches("/" + name);
  };
  const std::string kNested = "^(a*)*(a|aa)+(.*)*(x+x+)+y$";
  CHECK_FALSE(matches(kNested, std::string(1000, 'a')));
  CHECK_FALSE(matches(kNested, std::string(1000, 'x')));
  CHECK(matches(kNested, std::string(100, 'a') + "xxy"));
  CHECK_FALSE(matches(std::string(40, '('), "a"));
  CHECK_FALSE(matches(std::string(18, '(') + "a*" + std::string(18, ')') + "b",
                      std::string(1000, 'a')));
}

TEST_CASE("All values of a label filter must match") {
  CHECK(Listed("label", "app") == "aa1 aa2 bb1 bb2");
  CHECK(Listed("label", "app=db") == "aa2");
  CHECK(Listed("label", "empty=") == "aa1 aa2 bb1 bb2");
  CHECK(Listed("label", "none").empty());
  ListOptions options = With("label", "app=db");
  options.filters.Add("label", "app=web");
  CHECK(Listed(options).empty());
}

TEST_CASE("A status filter implies all containers") {
  ListOptions options = With("status", "exited");
  options.all = false;
  CHECK(Listed(options) == "aa2");
  options.filters.Add("status", "created");
  CHECK(Listed(options) == "aa2 bb1");
  CHECK(Listed("status", "paused").empty());
  CHECK(RejectionOf("status", "asleep") ==
        "Invalid filter 'status=asleep': write one of created, running, "
        "paused, restarting, removing, exited, dead.");
}

TEST_CASE("An exit code filter finds containers that ended so") {
  CHECK(Listed("exited", "137") == "aa2");
  CHECK(Listed("exited", "0").empty());
  CHECK(RejectionOf("exited", "1x") ==
        "Invalid filter 'exited=1x': write an exit code, e.g. exited=137.");
}

TEST_CASE("Before and since take an ID or a name") {
  CHECK(Listed("before", "aa2") == "bb1 bb2");
  CHECK(Listed("before", "k8s_db") == "bb1 bb2");
  CHECK(Listed("since", "/k8s_db") == "aa1");
  CHECK(Listed("since", "aa1").empty());
  ListOptions options = With("before", "aa1");
  options.filters.Add("since", "bb2");
  CHECK(Listed(options) == "aa2 bb1");
  options = With("before", "bb2");
  options.filters.Add("since", "aa1");
  CHECK(Listed(options).empty());
  // The narrowest of several counts, whatever their order.
  for (const char* newer : {"aa1", "k8s_web"}) {
    options = With("before", newer);
    options.filters.Add("before", "bb1");
    CHECK(Listed(options) == "bb2");
  }
  for (const char* older : {"bb2", "/k8s_web2"}) {
    options = With("since", "aa2");
    options.filters.Add("since", older);
    CHECK(Listed(options) == "aa1");
  }
  CHECK(RejectionOf("before", "aa") == "No such container: aa");
  CHECK(RejectionOf("since", "nosuch") == "No such container: nosuch");
}

TEST_CASE("An ancestor is an image by name, ID or reference") {
  const std::string all = "aa1 aa2 bb1 bb2";
  for (const char* image :
       {"busybox:1", "docker.io/library/busybox:1", "library/busybox:1",
        "sha256:0123456789abcdef", "0123456789abcdef", "0123456789ab",
        "sha256:0123456789ab", "docker.io/library/busybox@sha256:fedcba987654",
        "busybox@sha256:fedcba987654", "fedcba987654", "sha256:fedcba987654"}) {
    CAPTURE(image);
    CHECK(Listed("ancestor", image) == all);
  }
  for (const char* image :
       {"busybox", "busybox:2", "0123", "box:1", "fedcba", ""}) {
    CAPTURE(image);
    CHECK(Listed("ancestor", image).empty());
  }
}

TEST_CASE("A network filter takes the network mode") {
  CHECK(Listed("network", "container:db") == "aa2");
  CHECK(Listed("network", "host").empty());
}

TEST_CASE("A filter that makes no sense for a runtime is rejected") {
  for (const char* name : {"volume", "health", "publish", "junk"}) {
    CHECK(RejectionOf(name, "x") ==
          "Invalid filter '" + std::string(name) +
              "'. The list of a container runtime takes these: ancestor, "
              "before, exited, id, label, name, network, since, status.");
  }
}

TEST_CASE("What the runtime can leave out of the list is sent along") {
  const std::string id(64, 'a');
  struct Case {
    const char* query;
    std::string shown;
  };
  for (const Case& one :
       {Case{"", ""}, Case{"all=0", "running"}, Case{"all=0&limit=1", ""},
        Case{R"(filters={"status":["running"]})", "running"},
        Case{R"(all=0&filters={"status":["exited"]})", "exited"},
        // cri-dockerd lists a paused container as running, and so on.
        Case{R"(filters={"status":["paused"]})", ""},
        Case{R"(all=0&filters={"status":["running","exited"]})", ""},
        Case{R"(filters={"id":["ID"]})", id},
        Case{R"(filters={"id":["aID"]})", ""},
        Case{R"(filters={"id":["ID","b"]})", ""},
        Case{R"(filters={"label":["app=web","key","annotation.a=b",)"
             R"("io.kubernetes.docker.type=container"]})",
             "app=web"},
        Case{R"(all=0&filters={"before":["x"],"id":["ID"]})", ""},
        Case{R"(all=0&filters={"since":["x"],"label":["a=b"]})", ""}}) {
    CAPTURE(one.query);
    std::string query = one.query;
    if (const auto at = query.find("ID"); at != std::string::npos)
      query.replace(at, 2, id);
    const ListOptions options = ParseListOptions(query);
    const CallLimit limit = Patient();
    const cri::ListRequest request = cri::ListFilter(options, limit).Request();
    std::string shown = request.id + std::string(request.state);
    for (const auto& [key, value] : request.labels) shown += key + "=" + value;
    CHECK(shown == one.shown);
  }
}
