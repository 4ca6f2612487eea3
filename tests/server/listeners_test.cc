// SPDX-License-Identifier: Apache-2.0

/// The metrics listener, and what systemd passes to the server.
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <stdexcept>

#include "server/http/listen_socket.h"
#include "tests/server/node.h"
#include "tests/support/posix.h"

using namespace containercollector::test;

namespace {

/// A socket that listens, and that a program inherits.
struct InheritedSocket {
  std::string url() const { return "http://" + socket.endpoint(); }

  const containercollector::server::ListenSocket socket{"127.0.0.1", 0};
  const FileDescriptor inherited{CheckSystemCall(dup(socket.fd()), "dup")};
};

/// Runs the server as systemd does, with `sockets` from descriptor 3 on.
Command Activated(const std::vector<int>& sockets, const Command& arguments) {
  std::string aside;
  std::string pass;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const std::string spare = "2" + std::to_string(i);
    aside += "exec " + spare + "<&" + std::to_string(sockets[i]) + "; ";
    pass += "exec " + std::to_string(3 + i) + "<&" + spare + "; ";
  }
  return Joined({"bash", "-c",
                 aside + pass + "LISTEN_PID=$$ LISTEN_FDS=" +
                     std::to_string(sockets.size()) + R"( exec "$0" "$@")",
                 ServerBinary()},
                arguments);
}

/// Plays systemd's side of sd_notify(3).
class NotifySocket {
 public:
  /// @param is_abstract Whether the socket has a name instead of a path.
  explicit NotifySocket(bool is_abstract)
      : path_((is_abstract ? "@" : "") + (dir_ / "notify")),
        socket_(CheckSystemCall(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                                "socket")) {
    sockaddr_un address = UnixAddress(path_);
    if (is_abstract) address.sun_path[0] = '\0';
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    CheckSystemCall(bind(socket_.get(), Generic(address), size), "bind");
    const timeval patience{60, 0};
    CheckSystemCall(setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO,
                               &patience, sizeof(patience)),
                    "setsockopt");
  }

  const std::string& path() const { return path_; }

  std::string Receive() {
    std::array<char, 256> text{};
    const ssize_t size = recv(socket_.get(), text.data(), text.size(), 0);
    if (size < 0) throw std::runtime_error("systemd was not notified");
    return {text.data(), static_cast<std::size_t>(size)};
  }

 private:
  TempDir dir_;
  const std::string path_;
  FileDescriptor socket_;
};

}  // namespace

TEST_CASE("The metrics listener serves metrics and health, and nothing else") {
  Node node({"--metrics-port", "0", "--metrics-bind-address", "localhost"});
  node.Start(GoodDaemon());
  const std::string output = node.server().Output();
  const std::string greeting = "Serving metrics on ";
  const std::size_t begin = output.find(greeting) + greeting.size();
  const std::string url =
      output.substr(begin, output.find('\n', begin) - begin);
  CheckText(Get(url, "/healthz"), 200, "ok");
  WaitForReadiness(url, 200,
                   "The Docker daemon at " + node.host() + " responds.");
  CheckCollected(Post(node.url()));
  CHECK(Get(url, "/metrics")
            .body.find(R"(requests_total{route="collect",status="200"} 1)") !=
        std::string::npos);
  CheckText(Post(url), 404,
            "Nothing is served at this path. This server has:\n"
            "GET / (this page)\n"
            "GET /healthz (whether this server runs)\n"
            "GET /readyz (whether a collection would succeed now)\n"
            "GET /metrics (metrics for Prometheus)");
  CHECK(Get(url, "/").body.find("containercollector") == std::string::npos);
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  // Prometheus scrapes by the name of the host; web pages stay out.
  const auto scrape = [&](const std::string& path, const std::string& header) {
    return HttpCall(url, "GET " + path +
                             " HTTP/1.1\r\nConnection: close\r\n"
                             "Host: node7.example:8092\r\n" +
                             header + "\r\n")
        .Wait()
        .status;
  };
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    CHECK(scrape(path, "") == 200);
    CHECK(scrape(path, "Origin: http://evil.example\r\n") == 403);
    CHECK(scrape(path, "Sec-Fetch-Site: cross-site\r\n") == 403);
  }
  // It cannot listen where something else does.
  const std::string port = url.substr(url.rfind(':') + 1);
  const Output second = RunServer({"--port", "0", "--metrics-port", port});
  CHECK(second.exit_code == 1);
  CHECK(second.err.find("Cannot listen on 127.0.0.1:" + port +
                        ": Address already in use.") != std::string::npos);
}

TEST_CASE("Without a flag or a socket for it, there is no metrics listener") {
  // The sockets are those of another process.
  Node node({}, {{"LISTEN_PID", "1"}, {"LISTEN_FDS", "2"}});
  CHECK(node.server().Output() == "Listening on " + node.url() + "\n");
  CHECK(Get(node.url(), "/metrics").status == 200);
}

TEST_CASE("The server serves on the sockets that systemd passes") {
  ScriptedNode node;
  node.Start(GoodDaemon());
  const InheritedSocket main;
  const InheritedSocket metrics;
  // Standard files that are closed become /dev/null.
  for (const std::string closed : {"", " 0<&- 1>&- 2>&-"}) {
    Command command = Activated({main.inherited.get(), metrics.inherited.get()},
                                {"--docker-endpoint", node.host()});
    command[2] += closed;
    Program server(command);
    if (closed.empty())
      CHECK(server.WaitForLine() == "Listening on " + main.url());
    CheckCollected(Post(main.url()));
    CheckText(Get(metrics.url(), "/healthz"), 200, "ok");
    CHECK(Post(metrics.url()).status == 404);
    for (const char* file : {"0", "1", "2"}) {
      const auto target = std::filesystem::read_symlink(
          "/proc/" + std::to_string(server.pid()) + "/fd/" + file);
      if (!closed.empty()) CHECK(target == "/dev/null");
    }
    CHECK(server.Terminate() == 0);
    // The sockets are still systemd's: they listen for the next server.
    const RawClient next(TcpHost(main.url()));
  }
}

TEST_CASE("A passed socket that does not listen is an error") {
  const FileDescriptor socket(
      CheckSystemCall(::socket(AF_INET, SOCK_STREAM, 0), "socket"));
  const Output output = Run(Activated({socket.get()}, {}));
  CHECK(output.exit_code == 1);
  CHECK(output.err.find(
            "Cannot use the socket that systemd passed: it is no TCP socket "
            "that listens. Write an address and a port for ListenStream= in "
            "the socket unit.") != std::string::npos);
}

TEST_CASE("systemd is notified when the server is ready, reloads and stops") {
  NotifySocket systemd(GENERATE(false, true));
  Node node({}, {{"NOTIFY_SOCKET", systemd.path()}});
  CHECK(systemd.Receive() == "READY=1");
  node.server().Signal(SIGHUP);
  CHECK(systemd.Receive().rfind("RELOADING=1\nMONOTONIC_USEC=", 0) == 0);
  CHECK(systemd.Receive() == "READY=1");
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  node.server().Signal(SIGTERM);
  CHECK(systemd.Receive() == "STOPPING=1");
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE("The server keeps running if systemd cannot be notified") {
  Node node({}, {{"NOTIFY_SOCKET", "/nowhere/notify"}});
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  CheckOnce(node.Log(),
            {"msg=\"systemd could not be notified\" state=\"READY=1\" "
             "socket=\"/nowhere/notify\" error=\"No such file or directory\""});
}
