// SPDX-License-Identifier: Apache-2.0
/// HTTPS, with and without certificates of clients.
#include "server/http/tls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "tests/server/node.h"
#include "tests/support/pki.h"
#include "tests/support/posix.h"

using namespace containercollector::test;
using containercollector::server::Tls;
using containercollector::server::TlsFileError;
using containercollector::server::TlsFiles;
namespace fs = std::filesystem;

namespace {

constexpr double kDay = 24 * 60 * 60;

struct TlsFile {
  std::string TlsFiles::* member;
  std::string name;       ///< In error texts.
  std::string pem_label;  ///< The last words of the PEM header.
};

const std::vector<TlsFile> kFiles = {
    {&TlsFiles::cert, "the certificate ", "CERTIFICATE"},
    {&TlsFiles::key, "the private key ", "PRIVATE KEY"},
    {&TlsFiles::client_ca, "the CA certificates ", "CERTIFICATE"}};

TlsFiles FilesOf(const Pki& pki) {
  return {pki.dir / "server.crt", pki.dir / "server.key",
          pki.dir / "clients.crt"};
}

/// Checks the error if `path` takes the place of one file.
void CheckFails(TlsFiles files, const TlsFile& file, const std::string& path,
                const std::string& verb, const std::string& why) {
  files.*file.member = path;
  try {
    const Tls tls(files);
    FAIL("accepted: " << path);
  } catch (const TlsFileError& error) {
    CHECK(error.what() == verb + file.name + path + ": " + why);
    CHECK((error.file == file.member));
  }
}

/// What a TLS client received, and what it says of the connection.
struct TlsResponse {
  HttpResponse http;
  std::string log;
};

struct WithPki {
  const Pki pki;
};

/// A server with TLS over a daemon without faults.
class TlsNode : public WithPki, public Node {
 public:
  /// @param mutual Whether clients need a certificate.
  explicit TlsNode(bool mutual, const Command& arguments = {})
      : Node(Joined(
            Joined({"--tls-cert", pki.dir / "server.crt", "--tls-key",
                    pki.dir / "server.key"},
                   mutual ? Command{"--tls-client-ca", pki.dir / "clients.crt"}
                          : Command{}),
            arguments)),
        good_(mutual ? "client" : "") {
    Start(GoodDaemon());
  }

  TlsResponse Ask(const std::string& request, const std::string& client,
                  const Command& options = {}) const {
    const Output output = Run(pki.Client(url(), request, client, options));
    return {ParseResponse(output.out), output.err};
  }
  TlsResponse Post(const std::string& client,
                   const Command& options = {}) const {
    return Ask(RequestBytes("POST", kRoute), client, options);
  }
  TlsResponse Post() const { return Post(good_); }

  /// Returns the value of a metric.
  double Metric(const std::string& name) const {
    return MetricValue(Ask(RequestBytes("GET", "/metrics"), good_).http.body,
                       "containercollector_" + name);
  }
  void WaitForFailures(const std::string& reason, int count) const {
    const std::string name = "tls_failures_total{reason=\"" + reason + "\"}";
    CAPTURE(name, count);
    CHECK(WaitUntil([&] { return Metric(name) == count; }, kGenerous));
  }

  void Reload(const std::string& logged) {
    server().Signal(SIGHUP);
    REQUIRE(server().WaitForErrorOutput(logged));
  }

  /// Stops the server. Checks that it logged these rejections in this order.
  /// @param expected The reason and the text of each.
  void CheckRejections(
      const std::vector<std::pair<std::string, std::string>>& expected) {
    const std::string log = Log();
    CAPTURE(log);
    const std::string line =
        "level=warning msg=\"TLS client rejected\" peer=\"127.0.0.1:";
    std::size_t at = 0;
    for (const auto& [reason, text] : expected) {
      at = log.find(line, at);
      REQUIRE(at != std::string::npos);
      at = log.find('"', at + line.size());
      const std::string rest =
          "\" reason=\"" + reason + "\" error=\"" + text + "\"\n";
      CHECK(log.substr(at, rest.size()) == rest);
    }
    CHECK(log.find(line, at) == std::string::npos);
  }

 private:
  const std::string good_;
};

const std::vector<Command> kVersions = {{"-tls1_2"}, {"-tls1_3"}};

}  // namespace

TEST_CASE("A TLS file that cannot be used is named, with the reason") {
  const Pki pki;
  const TlsFiles files = FilesOf(pki);
  for (const TlsFile& file : kFiles) {
    CheckFails(files, file, "/nowhere/file.pem", "Cannot read ",
               "No such file or directory. Write the path of a PEM file.");
    CheckFails(files, file, pki.dir.path(), "Cannot read ",
               "Is a directory. Write the path of a PEM file.");
    for (const std::string content :
         {"", "no PEM\n", "-----BEGIN CERTIFICATE-----\n%%%\n"}) {
      CAPTURE(content);
      std::ofstream(pki.dir / "bad") << content;
      CheckFails(files, file, pki.dir / "bad", "Cannot use ",
                 "the file is not in PEM format. Write one with a line "
                 "-----BEGIN " +
                     file.pem_label + "-----.");
    }
  }
  const TlsFile& key = kFiles[1];
  CheckFails(files, key, pki.dir / "client.key", "Cannot use ",
             "it does not belong to the certificate " + files.cert +
                 ". Write the key that the certificate was made for.");
  RunSuccessfully({"openssl", "pkcs8", "-topk8", "-in", files.key, "-passout",
                   "pass:x", "-out", pki.dir / "encrypted.key"});
  CheckFails(files, key, pki.dir / "encrypted.key", "Cannot use ",
             "the key is encrypted. Decrypt it, because this server asks for "
             "no password.");
}

TEST_CASE("A TLS file that this user may not read is named") {
  const Pki pki;
  const TlsFiles files = FilesOf(pki);
  // Root may read every file.
  constexpr uid_t kNobody = 65534;
  const uid_t user = geteuid();
  fs::permissions(pki.dir.path(), fs::perms(0755));
  for (const TlsFile& file : kFiles) {
    for (const TlsFile& each : kFiles)
      fs::permissions(files.*each.member, fs::perms(0644));
    fs::permissions(files.*file.member, fs::perms::none);
    if (user == 0) REQUIRE(seteuid(kNobody) == 0);
    CheckFails(files, file, files.*file.member, "Cannot read ",
               "Permission denied. Let the user that runs this server read "
               "the file.");
    REQUIRE(seteuid(user) == 0);
  }
}

TEST_CASE("The expiry is that of the certificate that expires first") {
  const Pki pki;
  const auto days = [&] {
    const std::chrono::duration<double> rest =
        Tls(FilesOf(pki)).Expiry() - std::chrono::system_clock::now();
    return rest.count() / kDay;
  };
  CHECK(std::abs(days() - 2) < 0.01);
  // As if it were an intermediate one.
  pki.Issue("soon", "basicConstraints=critical,CA:TRUE", "ca", 1);
  std::ofstream(pki.dir / "server.crt", std::ios::app)
      << ReadFile(pki.dir / "soon.crt");
  CHECK(std::abs(days() - 1) < 0.01);
}

TEST_CASE("With a certificate, the server speaks TLS 1.2 and 1.3 only") {
  TlsNode node(false, {"--max-answer-bytes", "0"});
  CHECK(node.url().rfind("https://127.0.0.1:", 0) == 0);
  for (const Command& version : kVersions) {
    const TlsResponse response = node.Post("", version);
    CAPTURE(response.log);
    CHECK(response.log.find("server") != std::string::npos);
    CheckCollected(response.http);
  }
  // More than TLS takes at a time.
  const std::string large = ManyContainers(3'000'000);
  node.Start(GoodDaemon(large));
  CHECK((node.Post().http.body == large));
  // A probe, which sends nothing, is no failure.
  {
    const RawClient probe(TcpHost(node.url()));
  }
  CHECK(WaitUntil(
      [&] { return node.Metric("connections{listener=\"main\"}") == 1; },
      kGenerous));
  node.WaitForFailures("handshake", 0);

  for (const char* version : {"-tls1", "-tls1_1"}) {
    const TlsResponse old =
        node.Post("", {version, "-cipher", "DEFAULT@SECLEVEL=0"});
    CHECK(old.http.bytes.empty());
  }
  node.WaitForFailures("handshake", 2);
  CHECK(node.Post("", {"-CAfile", node.pki.dir / "other-ca.crt"})
            .http.bytes.empty());
  node.WaitForFailures("handshake", 3);
  CHECK(Post("http" + node.url().substr(5)).status == 0);
  node.WaitForFailures("handshake", 4);
  const std::string nothing_in_common =
      "The client and this server have no TLS version or cipher in common. Let "
      "the client speak TLS 1.2 or 1.3.";
  node.CheckRejections(
      {{"handshake", nothing_in_common},
       {"handshake", nothing_in_common},
       {"handshake",
        "The handshake was broken off. The client may not trust this server's "
        "certificate: give it the CA certificate."},
       {"handshake",
        "The client did not speak TLS. Use https:// in its URL."}});
}

TEST_CASE("With a client CA, only clients with its certificates are served") {
  TlsNode node(true);
  const std::string advice =
      " Give it one that a CA of --tls-client-ca has signed for TLS clients.";
  const std::string rejected =
      "The client's certificate is rejected: The certificate is NOT trusted. "
      "The certificate ";
  std::vector<std::pair<std::string, std::string>> rejections;
  int count = 0;
  for (const Command& version : kVersions) {
    CAPTURE(version.front());
    CheckCollected(node.Post("client", version).http);
    const auto is_rejected = [&](const std::string& client) {
      const TlsResponse response = node.Post(client, version);
      CAPTURE(client, response.log);
      CHECK(response.http.bytes.empty());
    };
    ++count;
    is_rejected("");
    node.WaitForFailures("no_certificate", count);
    is_rejected("stranger");
    node.WaitForFailures("untrusted", 2 * count - 1);
    is_rejected("wrong-purpose");
    node.WaitForFailures("untrusted", 2 * count);
    rejections.insert(
        rejections.end(),
        {{"no_certificate", "The client presented no certificate." + advice},
         {"untrusted", rejected + "issuer is unknown." + advice},
         {"untrusted",
          rejected + "chain does not match the intended purpose." + advice}});
  }
  node.WaitForFailures("handshake", 0);
  CHECK(node.daemon().Requests().size() == 2);
  node.CheckRejections(rejections);
}

TEST_CASE("SIGHUP reloads the certificates, or keeps the old ones if invalid") {
  TlsNode node(true);
  const fs::path dir = node.pki.dir.path();
  const auto is_served_by = [&](const std::string& name) {
    const TlsResponse response = node.Post();
    CAPTURE(response.log);
    CheckCollected(response.http);
    return response.log.find(name) != std::string::npos;
  };
  const auto replace = [&](const std::string& name, const std::string& file) {
    fs::rename(dir / (name + file), dir / ("server" + file));
  };
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(std::abs(node.Metric("certificate_expiry_timestamp_seconds") - now -
                 2 * kDay) < 60);
  CHECK(node.Metric("certificate_last_reload_successful") == 1);
  const double start = node.Metric("certificate_last_reload_timestamp_seconds");
  CHECK(std::abs(start - now) < 60);

  node.pki.Issue("second", "extendedKeyUsage=serverAuth", "ca");
  replace("second", ".key");
  node.Reload(
      "level=error msg=\"certificates not reloaded, the old ones stay\" "
      "error=\"Cannot use the private key " +
      node.pki.dir / "server.key" + ": it does not belong to the certificate ");
  CHECK(node.Metric("certificate_last_reload_successful") == 0);
  CHECK(node.Metric("certificate_last_reload_timestamp_seconds") > start);
  CHECK(is_served_by("CN"));
  CHECK_FALSE(is_served_by("second"));
  const std::string keep = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Program idle(node.pki.Client(node.url(), keep, "client", {}));
  REQUIRE(idle.WaitForOutput("\r\n\r\nok"));
  replace("second", ".crt");
  node.Reload("certificates reloaded");
  // The idle timeout would close it later.
  CHECK(WaitUntil([&] { return !idle.IsRunning(); }, std::chrono::seconds(5)));
  CHECK(is_served_by("second"));
  CHECK(node.Metric("certificate_last_reload_successful") == 1);

  // Who may ask is read again too.
  fs::rename(dir / "other-ca.crt", dir / "clients.crt");
  node.server().Signal(SIGHUP);
  CHECK(WaitUntil([&] { return node.Post("stranger").http.status == 200; },
                  kGenerous));
  CHECK(node.Post("client").http.bytes.empty());
}

TEST_CASE("A TLS file that blocks delays neither requests nor SIGTERM") {
  TlsNode node(false);
  const ServerProcess& server = node.server();
  const std::string file = node.pki.dir / "server.crt";
  REQUIRE(std::remove(file.c_str()) == 0);
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  server.Signal(SIGHUP);
  FileDescriptor writer;
  REQUIRE(WaitUntil(
      [&] {
        writer = FileDescriptor(
            open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
        return writer.get() >= 0;
      },
      kGenerous));
  // The server reads, and nothing arrives.
  CheckCollected(node.Post().http);
  server.Signal(SIGHUP);
}
