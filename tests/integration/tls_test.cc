// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/integration/node.h"
#include "tests/support/pki.h"
#include "tests/support/posix.h"
#include "tests/support/program.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

/// A daemon that speaks TLS and responds to every list with `[]`: openssl's own
/// server, which sends the file that a request names as the response.
class TlsDaemon {
 public:
  enum class Clients { kAnyone, kWithCertificate };

  explicit TlsDaemon(Clients clients = Clients::kAnyone) {
    pki_.Issue("daemon", "subjectAltName=IP:127.0.0.1", "ca");
    const std::filesystem::path list = File("v1.40/containers/json?all=1");
    std::filesystem::create_directories(list.parent_path());
    std::ofstream(list) << "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[]";
    Command command = Joined(
        {"env", "--chdir=" + pki_.dir.path(), "openssl", "s_server", "-HTTP"},
        {"-accept", "127.0.0.1:0", "-cert", "daemon.crt", "-key",
         "daemon.key"});
    if (clients == Clients::kWithCertificate) {
      command = Joined(command, {"-Verify", "1", "-verify_return_error",
                                 "-CAfile", "ca.crt"});
    }
    const FileDescriptor output = OpenLog(File("log"));
    server_.emplace(command, output, output);
    if (!WaitUntil([&] { return FindAddress(); }, kGenerous)) {
      throw std::runtime_error("openssl s_server does not listen: " +
                               ReadFile(File("log")));
    }
  }

  std::string File(const std::string& name) const { return pki_.dir / name; }

  std::string Endpoint(const std::string& scheme = "tcp",
                       const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + port_;
  }

  TlsOptions Options() const {
    return {File("ca.crt"), File("daemon.crt"), File("daemon.key")};
  }

  Response Post(const std::string& endpoint,
                const std::optional<TlsOptions>& tls) const {
    RuntimeOptions options = PatientOptions(endpoint);
    options.tls = tls;
    return test::Post(options);
  }

  void CheckReached(const std::optional<TlsOptions>& tls,
                    const std::string& scheme = "tcp") const {
    CHECK(Post(Endpoint(scheme), tls).body == "[]");
  }

  /// @param part The rest is the TLS library's and changes with its version.
  void CheckRejected(const std::optional<TlsOptions>& tls,
                     const std::string& part = "",
                     const std::string& host = "127.0.0.1") const {
    const std::string endpoint = Endpoint("https", host);
    CheckFailed(Post(endpoint, tls), ErrorCode::kTlsFailed,
                "No TLS connection with the Docker daemon at " + endpoint +
                    ": " + part);
  }

 private:
  /// Returns whether the server's log has its port.
  bool FindAddress() {
    const std::string text = ReadFile(File("log"));
    const std::string mark = "ACCEPT 127.0.0.1:";
    const std::size_t begin = text.find(mark);
    const std::size_t end = text.find('\n', begin);
    if (begin == text.npos || end == text.npos) return false;
    port_ = text.substr(begin + mark.size(), end - begin - mark.size());
    return true;
  }

  const Pki pki_;
  std::optional<Process> server_;
  std::string port_;
};

}  // namespace

TEST_CASE("A daemon is reached by TLS if its certificate is trusted") {
  const TlsDaemon daemon;
  TlsOptions tls;
  tls.ca_file = daemon.File("ca.crt");
  daemon.CheckReached(tls, "https");
  daemon.CheckReached(tls, "tcp");
  daemon.CheckRejected(tls, "", "localhost");
  daemon.CheckRejected(std::nullopt);
  tls.ca_file = daemon.File("other-ca.crt");
  daemon.CheckRejected(tls);
  tls.ca_file.clear();
  tls.verify = false;
  daemon.CheckReached(tls);
}

TEST_CASE("A TLS file that is missing is named") {
  const TlsDaemon daemon;
  const std::string what = "/missing.pem cannot be read: No such file";
  TlsOptions tls;
  tls.ca_file = "/missing.pem";
  daemon.CheckRejected(tls, what);
  tls = daemon.Options();
  tls.cert_file = "/missing.pem";
  daemon.CheckRejected(tls, what);
}

TEST_CASE("A daemon that requires a certificate gets the client's") {
  const TlsDaemon daemon(TlsDaemon::Clients::kWithCertificate);
  daemon.CheckReached(daemon.Options());
  TlsOptions tls = daemon.Options();
  tls.cert_file = daemon.File("stranger.crt");
  tls.key_file = daemon.File("stranger.key");
  daemon.CheckRejected(tls);
  tls.cert_file.clear();
  tls.key_file.clear();
  daemon.CheckRejected(tls);
}
