// SPDX-License-Identifier: Apache-2.0

/// What the server says of clients that get no TLS connection.
#include <cmath>
#include <ctime>
#include <filesystem>

#include "tests/server/pki.h"

using namespace containercollector::test;

namespace {

const std::string kNoCertificate =
    "The client presented no certificate. Give it one that a CA of "
    "--tls-client-ca has signed for TLS clients.";
const std::string kUnknownIssuer =
    "The client's certificate is rejected: The certificate is NOT trusted. The "
    "certificate issuer is unknown. Give it one that a CA of --tls-client-ca "
    "has signed for TLS clients.";
const std::string kWrongPurpose =
    "The client's certificate is rejected: The certificate is NOT trusted. The "
    "certificate chain does not match the intended purpose. Give it one that a "
    "CA of --tls-client-ca has signed for TLS clients.";
const std::string kNoTls =
    "The client did not speak TLS. Use https:// in its URL.";
const std::string kNothingInCommon =
    "The client and this server have no TLS version or cipher in common. Let "
    "the client speak TLS 1.2 or 1.3.";
const std::string kBrokenOff =
    "The handshake was broken off. The client may not trust this server's "
    "certificate: give it the CA certificate.";

/// A server with TLS, and a client that it accepts.
class TlsNode {
 public:
  TlsNode(const Command& arguments, TlsCall good)
      : node_(arguments), good_(std::move(good)) {
    node_.Start(GoodDaemon());
  }

  const std::string& url() const { return node_.url(); }

  TlsResponse Ask(const TlsCall& call) const {
    return AskByTls(url(), call, RequestBytes("POST", kRoute));
  }

  std::string Metrics() const {
    return AskByTls(url(), good_, RequestBytes("GET", "/metrics")).http.body;
  }

  void WaitForLine(const std::string& line) const {
    CAPTURE(line);
    CHECK(WaitUntil(
        [&] {
          return Metrics().find("\ncontainercollector_" + line + "\n") !=
                 std::string::npos;
        },
        kGenerous));
  }

  void WaitForFailures(const std::string& reason, int count) const {
    WaitForLine("tls_failures_total{reason=\"" + reason + "\"} " +
                std::to_string(count));
  }

  /// Stops the server and returns its log.
  std::string Stop() {
    CheckStops(node_.server());
    return node_.server().ErrorOutput();
  }

 private:
  Node node_;
  TlsCall good_;
};

std::string Line(const std::string& peer, const std::string& reason,
                 const std::string& text) {
  return "level=warning msg=\"TLS client rejected\" peer=\"" + peer +
         "\" reason=\"" + reason + "\" error=\"" + text + "\"\n";
}

bool Contains(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

int Rejections(const std::string& log) {
  const std::string line = "msg=\"TLS client rejected\"";
  int count = 0;
  for (std::size_t at = log.find(line); at != std::string::npos;
       at = log.find(line, at + 1))
    ++count;
  return count;
}

void CheckRejectedClients(const std::string& version) {
  const Pki pki;
  TlsNode node(pki.MutualArguments(), pki.Client("client"));
  const auto peer_of = [&](const std::string& client) {
    TlsCall call = pki.Client(client);
    call.priorities = "NORMAL:-VERS-ALL:+VERS-" + version;
    const TlsResponse response = node.Ask(call);
    CHECK_FALSE(response.error.empty());
    return response.local_address;
  };
  const std::string nobody = peer_of("");
  node.WaitForFailures("no_certificate", 1);
  const std::string stranger = peer_of("stranger");
  node.WaitForFailures("untrusted", 1);
  const std::string wrong_purpose = peer_of("wrong-purpose");
  node.WaitForFailures("untrusted", 2);
  node.WaitForFailures("handshake", 0);
  const std::string log = node.Stop();
  CHECK(Contains(log, Line(nobody, "no_certificate", kNoCertificate)));
  CHECK(Contains(log, Line(stranger, "untrusted", kUnknownIssuer)));
  CHECK(Contains(log, Line(wrong_purpose, "untrusted", kWrongPurpose)));
  CHECK(Rejections(log) == 3);
}

}  // namespace

TEST_CASE("A client without the right certificate is logged and counted") {
  for (const char* version : {"TLS1.2", "TLS1.3"}) {
    CAPTURE(version);
    CheckRejectedClients(version);
  }
}

TEST_CASE("A handshake that fails is logged and counted") {
  const Pki pki;
  TlsNode node(pki.ServerArguments(), pki.Client());
  TlsCall old = pki.Client();
  old.priorities = "NORMAL:%COMPAT:+SHA1:+SIGN-ALL:-VERS-ALL:+VERS-TLS1.0";
  const std::string old_peer = node.Ask(old).local_address;
  node.WaitForFailures("handshake", 1);

  TlsCall suspicious = pki.Client();
  suspicious.authority = pki.dir / "other-ca.crt";
  const TlsResponse response = node.Ask(suspicious);
  CHECK_FALSE(response.error.empty());
  node.WaitForFailures("handshake", 2);

  CHECK(Get("http" + node.url().substr(5), "/healthz").status == 0);
  node.WaitForFailures("handshake", 3);
  const std::string log = node.Stop();
  CHECK(Contains(log, Line(old_peer, "handshake", kNothingInCommon)));
  CHECK(Contains(log, Line(response.local_address, "handshake", kBrokenOff)));
  CHECK(Contains(log, "reason=\"handshake\" error=\"" + kNoTls + "\"\n"));
  CHECK(Rejections(log) == 3);
}

TEST_CASE("A probe of the TLS port, which sends nothing, is no failure") {
  const Pki pki;
  TlsNode node(pki.ServerArguments(), pki.Client());
  {
    const RawClient probe(TcpHost(node.url()));
  }
  {
    const RawClient probe(TcpHost(node.url()));
  }
  node.WaitForLine("connections{listener=\"main\"} 1");
  node.WaitForFailures("handshake", 0);
  CHECK(Rejections(node.Stop()) == 0);
}

TEST_CASE("A client that leaves after its handshake is no failure") {
  const Pki pki;
  TlsNode node(pki.MutualArguments(), pki.Client("client"));
  for (const char* version : {"TLS1.2", "TLS1.3"}) {
    TlsCall call = pki.Client("client");
    call.priorities = std::string("NORMAL:-VERS-ALL:+VERS-") + version;
    CheckCollected(node.Ask(call).http);
  }
  for (const char* reason : {"handshake", "no_certificate", "untrusted"})
    node.WaitForFailures(reason, 0);
  CHECK(Rejections(node.Stop()) == 0);
}

TEST_CASE("/metrics shows when the certificate expires, and how reloads went") {
  const Pki pki;
  Node node(pki.ServerArguments());
  node.Start(GoodDaemon());
  const auto metric = [&](const std::string& name) {
    const std::string text =
        AskByTls(node.url(), pki.Client(), RequestBytes("GET", "/metrics"))
            .http.body;
    const std::string line = "\ncontainercollector_certificate_" + name + " ";
    const std::size_t begin = text.find(line);
    REQUIRE(begin != std::string::npos);
    return std::stod(text.substr(begin + line.size()));
  };
  const double day = 24 * 60 * 60;
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(std::abs(metric("expiry_timestamp_seconds") - now - day) < 60);
  CHECK(metric("last_reload_successful") == 1);
  const double start = metric("last_reload_timestamp_seconds");
  CHECK(std::abs(start - now) < 60);

  const auto becomes = [&](double successful) {
    node.server().Signal(SIGHUP);
    return WaitUntil(
        [&] { return metric("last_reload_successful") == successful; },
        kGenerous);
  };
  Certificate("other", Purpose::kServer, &pki.authority)
      .Write(pki.dir / "other");
  std::filesystem::rename(pki.dir / "other.key", pki.dir / "server.key");
  CHECK(becomes(0));
  CHECK(metric("last_reload_timestamp_seconds") > start);
  std::filesystem::rename(pki.dir / "other.crt", pki.dir / "server.crt");
  CHECK(becomes(1));
  const std::string text =
      "level=error msg=\"certificates not reloaded, the old ones stay\" "
      "error=\"Cannot use the private key " +
      pki.dir / "server.key" + ": it does not belong to the certificate " +
      pki.dir / "server.crt" +
      ". Write the key that the certificate was made for.\"\n";
  CheckStops(node.server());
  CHECK(Contains(node.server().ErrorOutput(), text));
}
