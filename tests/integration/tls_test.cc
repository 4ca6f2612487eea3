// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
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
    server_.emplace(command);
    const std::string mark = "ACCEPT 127.0.0.1:";
    std::string log;
    const auto listens = [&] {
      log = server_->Output();
      return log.find('\n', log.find(mark)) != std::string::npos;
    };
    INFO(server_->ErrorOutput());
    REQUIRE(WaitUntil(listens, kGenerous));
    port_ = log.substr(log.find(mark) + mark.size());
    port_.resize(port_.find('\n'));
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
  const Pki pki_;
  std::optional<Program> server_;
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

TEST_CASE("The error of a missing TLS file names it") {
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
