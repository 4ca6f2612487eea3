// SPDX-License-Identifier: Apache-2.0

#include "server/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "tests/server/node.h"

using namespace containercollector::test;
using namespace containercollector::server;

namespace {

/// A pipe that takes no more bytes, and that nobody reads.
class FullPipe {
 public:
  FullPipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    reader_ = FileDescriptor(ends[0]);
    writer_ = FileDescriptor(ends[1]);
    const std::string bytes(4096, 'x');
    while (write(ends[1], bytes.data(), bytes.size()) > 0) {
    }
    REQUIRE(fcntl(ends[1], F_SETFL, 0) == 0);
  }

  const FileDescriptor& writer() const { return writer_; }

 private:
  FileDescriptor reader_;
  FileDescriptor writer_;
};

Command ServerCommand() {
  return {ServerBinary(), "--port=0", "--docker-endpoint=unix:///x"};
}

}  // namespace

TEST_CASE("Log lines have one form, whatever the types of their values") {
  const LogFields fields = {{"text", std::string("a b")},
                            {"number", std::int64_t{-5}},
                            {"fraction", 1.23456}};
  CHECK(FormatLogFields(LogFormat::kLogfmt, "what", fields) ==
        R"(msg="what" text="a b" number=-5 fraction=1.235)");
  CHECK(FormatLogFields(LogFormat::kJson, "what", fields) ==
        R"("msg":"what","text":"a b","number":-5,"fraction":1.235)");
}

TEST_CASE("A value is printable ASCII that cannot end its quotes, and is cut") {
  using namespace std::string_literals;
  struct Case {
    std::string value;
    std::string logfmt;
    std::string json;
  };
  const std::string longest(256, 'x');
  for (const auto& [value, logfmt, json] : {
           Case{"a\" b=\"c", R"(a\" b=\"c)", R"(a\" b=\"c)"},
           Case{"a\nb\r\t", R"(a\nb\r\t)", R"(a\\nb\\r\\t)"},
           Case{"a\\", R"(a\\)", R"(a\\\\)"},
           Case{"a\\\"", R"(a\\\")", R"(a\\\\\")"},
           Case{"\0\x1b[2J\x7f"s, R"(\x00\x1b[2J\x7f)",
                R"(\\x00\\x1b[2J\\x7f)"},
           Case{"\xc3\xa9\xff", R"(\xc3\xa9\xff)", R"(\\xc3\\xa9\\xff)"},
           Case{longest, longest, longest},
           Case{longest + "x", longest + "...", longest + "..."},
       }) {
    CHECK(FormatLogFields(LogFormat::kLogfmt, "m", {{"v", value}}) ==
          "msg=\"m\" v=\"" + logfmt + "\"");
    CHECK(FormatLogFields(LogFormat::kJson, "m", {{"v", value}}) ==
          "\"msg\":\"m\",\"v\":\"" + json + "\"");
  }
}

TEST_CASE("SIGTERM ends a server whose reader of stderr is blocked") {
  const TempDir dir;
  const FullPipe pipe;
  Process server(ServerCommand(), OpenLog(dir / "out"), pipe.writer());
  REQUIRE(WaitUntil([&] { return CountOf(ReadFile(dir / "out"), "\n") > 0; },
                    kGenerous));
  server.Signal(SIGTERM);
  CHECK(server.WaitForExit(kGenerous) == 0);
}

TEST_CASE("Lines start with their priority if stderr is the journal") {
  const TempDir dir;
  const std::string path = dir / "journal";
  const FileDescriptor journal = OpenLog(path);
  struct stat file{};
  REQUIRE(fstat(journal.get(), &file) == 0);
  const bool is_journal = GENERATE(true, false);
  const std::string stream = is_journal ? std::to_string(file.st_dev) + ":" +
                                              std::to_string(file.st_ino)
                                        : "1:1";
  Process server(ServerCommand(), OpenLog(dir / "out"), journal,
                 {{"JOURNAL_STREAM", stream}});
  REQUIRE(
      WaitUntil([&] { return CountOf(ReadFile(path), "\n") >= 2; }, kGenerous));
  server.Terminate();
  const std::string log = ReadFile(path);
  CHECK(CountOf(log, "level=warning") == 1);
  CHECK(CountOf(log, "<4>time=") == (is_journal ? 1 : 0));
  CHECK((CountOf(log, "<6>time=") > 0) == is_journal);
  CHECK((CountOf(log, "\ntime=") == 0) == is_journal);
}

TEST_CASE("A request is one log line, which no caller can forge") {
  Node node({}, {{"CONTAINER_COLLECTOR_PROT", "3"}});
  node.Start(GoodDaemon());
  Post(node.url(), "?limit=5",
       {{"diagnosis-uuid", "u-1"},
        {"Diagnosis-Name", "n\" status=500"},
        {"pod-name", "\xc2\x9b[2J\xe2\x80\xa8\xff"},
        {"node-name", std::string(1000, 'x')},
        {"x-other", "secret"}});
  CHECK(Post(node.url(), "?limit=many").status == 400);
  const std::string log = node.Log();
  CHECK(CountOf(log, "msg=\"request\"") == 2);
  CheckOnce(log,
            {R"( method="POST" path="/processor/containercollector" )"
             R"(status=200 duration_ms=)",
             R"( query="limit=5" diagnosis-uuid="u-1" )"
             R"(diagnosis-name="n\" status=500" )"
             R"(pod-name="\xc2\x9b[2J\xe2\x80\xa8\xff" )",
             "\"" + std::string(256, 'x') + "...\"\n",
             R"( query="limit=many" error="invalid limit \"many\": )",
             "level=warning msg=\"unknown variable CONTAINER_COLLECTOR_PROT; "
             "did you mean CONTAINER_COLLECTOR_PORT?\"\n"});
  CHECK(CountOf(log, " peer=\"127.0.0.1:") == 2);
  CHECK(CountOf(log, "secret") == 0);
  CHECK(std::all_of(log.begin(), log.end(), [](char c) {
    return c == '\n' || (c >= 0x20 && c < 0x7f);
  }));
}

TEST_CASE("The log can be JSON, and its level can be raised") {
  Node node({"--log-format=json"});
  Post(node.url());
  CHECK(CountOf(node.Log(),
                R"("level":"info","msg":"request","method":"POST",)") == 1);
  Node quiet({"--log-level=error"});
  Post(quiet.url());
  CHECK(quiet.Log().empty());
}

TEST_CASE("A failure of the daemon is logged when it begins and when it ends") {
  Node node;
  for (int i = 0; i < 5; ++i) Post(node.url());
  node.Start(RespondWith(DaemonError(500, "broken")));
  for (int i = 0; i < 5; ++i) Post(node.url());
  node.Start(GoodDaemon());
  for (int i = 0; i < 5; ++i) Post(node.url());
  const std::string log = node.Log();
  CHECK(CountOf(log, "msg=\"request\"") == 15);
  const std::string failed =
      "level=warning msg=\"the container runtime failed\" call=\"list\" "
      "code=\"";
  CHECK(CountOf(log, failed) == 2);
  CheckOnce(
      log, {failed + "cannot_connect\" error=\"" + CannotConnect(node) + "\"\n",
            failed + "daemon_error\" error=\"Error response from daemon: "
                     "broken\"\n",
            "level=info msg=\"the container runtime works again\" "
            "call=\"list\"\n"});
}

TEST_CASE("A server that cannot start says why, and what to do") {
  Node node;
  const std::string port = node.url().substr(node.url().rfind(':') + 1);
  struct Case {
    Command arguments;
    int exit_code;
    std::string error;
  };
  for (const auto& [arguments, exit_code, error] :
       {Case{{"--port", port},
             1,
             "Cannot listen on 127.0.0.1:" + port +
                 ": Address already in use. Stop what listens there, or choose "
                 "another place with --port or --bind-address.\n"},
        Case{{"--bind-address", "192.0.2.1"},
             1,
             "Cannot listen on 192.0.2.1:8091: Cannot assign requested "
             "address. Choose an address of this machine with "
             "--bind-address.\n"},
        Case{{"--port", "many"},
             2,
             "--port: invalid value \"many\": write a number from 0 to 65535\n"
             "Run container-collector --help for all flags.\n"}}) {
    const Output output = RunServer(arguments);
    CHECK(output.exit_code == exit_code);
    CHECK(output.out.empty());
    CHECK(output.err == "container-collector: " + error);
  }
  const Output few_files = Run(
      {"bash", "-c", R"(ulimit -n 500; exec "$0" --port=0)", ServerBinary()});
  CHECK(few_files.exit_code == 1);
  CHECK(few_files.err ==
        "container-collector: Cannot serve 2048 connections with at most 500 "
        "open files. Write less for --max-waiting, or raise the limit to 2176 "
        "(ulimit -n, or LimitNOFILE= of systemd).\n");
}
