// SPDX-License-Identifier: Apache-2.0

/// What the server writes about itself.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/server/node.h"

using namespace containercollector::test;

namespace {

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++count;
  return count;
}

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

}  // namespace

TEST_CASE("SIGTERM ends a server whose reader of stderr is blocked") {
  const TempDir dir;
  const FullPipe pipe;
  Process server({ServerBinary(), "--port=0", "--docker-endpoint=unix:///x"},
                 OpenLog(dir / "out"), pipe.writer());
  REQUIRE(WaitUntil([&] { return Count(ReadFile(dir / "out"), "\n") > 0; },
                    kGenerous));
  server.Signal(SIGTERM);
  CHECK(server.WaitForExit(kGenerous) == 0);
}

TEST_CASE("A misspelt variable is in the log at the start") {
  Node node({}, {{"CONTAINER_COLLECTOR_PROT", "3"}});
  CHECK(WaitUntil(
      [&] {
        return Count(node.server().ErrorOutput(),
                     "level=warning msg=\"unknown variable "
                     "CONTAINER_COLLECTOR_PROT; did you mean "
                     "CONTAINER_COLLECTOR_PORT?\"\n") == 1;
      },
      kGenerous));
  CheckStops(node.server());
}

TEST_CASE("Lines for the journal start with their priority") {
  const TempDir dir;
  const std::string path = dir / "journal";
  const FileDescriptor journal = OpenLog(path);
  struct stat file{};
  REQUIRE(fstat(journal.get(), &file) == 0);
  const std::string stream =
      std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino);
  const auto run = [&](const std::string& journal_stream) {
    Process server({ServerBinary(), "--port=0", "--docker-endpoint=unix:///x"},
                   OpenLog(dir / "out"), journal,
                   {{"JOURNAL_STREAM", journal_stream}});
    const std::string log = dir / "journal";
    REQUIRE(
        WaitUntil([&] { return Count(ReadFile(log), "\n") >= 2; }, kGenerous));
    server.Terminate();
    return ReadFile(log);
  };
  SECTION("if stderr is the journal") {
    const std::string log = run(stream);
    CHECK(Count(log, "<6>time=") > 0);
    CHECK(Count(log, "<4>time=") == 1);
    CHECK(Count(log, "\ntime=") == 0);
  }
  SECTION("not if stderr is something else") {
    const std::string log = run("1:1");
    CHECK(Count(log, ">time=") == 0);
    CHECK(Count(log, "level=warning") == 1);
  }
}

TEST_CASE("A request is one log line, with its trace headers") {
  Node node;
  node.Start(GoodDaemon());
  Post(node.url(), "?limit=5",
       {{"diagnosis-uuid", "u-1"},
        {"Diagnosis-Name", "n\" status=500"},
        {"node-name", std::string(1000, 'x')},
        {"x-other", "secret"}});
  CheckStops(node.server());
  const std::string log = node.server().ErrorOutput();
  CHECK(Count(log, "msg=\"request\"") == 1);
  CHECK(Count(log, R"( method="POST" path="/processor/containercollector" )"
                   R"(status=200 duration_ms=)") == 1);
  CHECK(Count(log,
              " query=\"limit=5\" diagnosis-uuid=\"u-1\" "
              R"(diagnosis-name="n\" status=500" )") == 1);
  CHECK(Count(log, "secret") == 0);
}

TEST_CASE("The line of a rejected request says who sent it, and why") {
  Node node;
  CHECK(Post(node.url(), "?limit=many").status == 400);
  CheckStops(node.server());
  const std::string log = node.server().ErrorOutput();
  CHECK(Count(log, "status=400 duration_ms=") == 1);
  CHECK(Count(log, " peer=\"127.0.0.1:") == 1);
  CHECK(Count(log,
              R"( query="limit=many" error="invalid limit \"many\": write how )"
              "many containers are wanted, e.g. limit=10, or 0 for all\"") ==
        1);
}

TEST_CASE("No caller can forge a log line") {
  Node node;
  node.Start(GoodDaemon());
  Post(node.url(), "",
       {{"pod-name", "\xc2\x9b[2J\xe2\x80\xa8\xff"},
        {"node-name", std::string(1000, 'x')}});
  CheckStops(node.server());
  const std::string log = node.server().ErrorOutput();
  CHECK(Count(log, R"(pod-name="\xc2\x9b[2J\xe2\x80\xa8\xff")") == 1);
  CHECK(Count(log, "\"" + std::string(256, 'x') + "...\"") == 1);
  CHECK(std::all_of(log.begin(), log.end(), [](char c) {
    return c == '\n' || (c >= 0x20 && c < 0x7f);
  }));
}

TEST_CASE("The log can be JSON lines, and can be less") {
  Node node({"--log-format=json"});
  node.Start(GoodDaemon());
  Post(node.url());
  CheckStops(node.server());
  CHECK(Count(node.server().ErrorOutput(),
              R"("level":"info","msg":"request","method":"POST",)") == 1);

  Node quiet({"--log-level=error"});
  quiet.Start(GoodDaemon());
  Post(quiet.url());
  CheckStops(quiet.server());
  CHECK(quiet.server().ErrorOutput().empty());
}

TEST_CASE("A failure of the daemon is logged when it begins and when it ends") {
  Node node;
  for (int i = 0; i < 5; ++i) Post(node.url());
  node.Start(RespondWith(DaemonError(500, "broken")));
  for (int i = 0; i < 5; ++i) Post(node.url());
  node.Start(GoodDaemon());
  for (int i = 0; i < 5; ++i) Post(node.url());
  CheckStops(node.server());
  const std::string log = node.server().ErrorOutput();
  CHECK(Count(log, "msg=\"request\"") == 15);
  CHECK(Count(log, "msg=\"the container runtime failed\" call=\"list\"") == 2);
  CHECK(Count(log, R"(call="list" code="daemon_error" )"
                   R"(error="Error response from daemon: broken")") == 1);
  CHECK(Count(log, "msg=\"the container runtime works again\"") == 1);
}

TEST_CASE("A server logs at start why its daemon is not ready") {
  Node node;
  CheckStops(node.server());
  CHECK(
      Count(node.server().ErrorOutput(),
            "level=warning msg=\"the container runtime failed\" call=\"list\" "
            "code=\"cannot_connect\" error=\"Cannot connect to the Docker "
            "daemon at " +
                node.host() + ". Is the docker daemon running?\"") == 1);
}

TEST_CASE("A server that cannot begin says why, and what to do") {
  Node node;
  const std::string port = node.url().substr(node.url().rfind(':') + 1);
  const Output taken = RunServer({"--port", port});
  CHECK(taken.exit_code == 1);
  CHECK(taken.out.empty());
  CHECK(taken.err ==
        "container-collector: Cannot listen on 127.0.0.1:" + port +
            ": Address already in use. Stop what listens there, or choose "
            "another place with --port or --bind-address.\n");

  const Output elsewhere = RunServer({"--bind-address", "192.0.2.1"});
  CHECK(elsewhere.exit_code == 1);
  CHECK(elsewhere.err ==
        "container-collector: Cannot listen on 192.0.2.1:8091: Cannot assign "
        "requested address. Choose an address of this machine with "
        "--bind-address.\n");

  const Output wrong = RunServer({"--port", "many"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err ==
        "container-collector: --port: invalid value \"many\": write a number "
        "from 0 to 65535\nRun container-collector --help for all flags.\n");
}
