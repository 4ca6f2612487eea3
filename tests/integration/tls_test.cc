// SPDX-License-Identifier: Apache-2.0

#include "containercollector/processor.h"
#include "tests/integration/node.h"
#include "tests/integration/tls_daemon.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

Response Post(const std::string& host, const std::optional<TlsOptions>& tls) {
  RuntimeOptions options = Node::PatientOptions();
  options.docker_endpoint = host;
  options.tls = tls;
  return Processor(DockerClient(options)).Handle("POST", Processor::kArrayPath);
}

void CheckEmptyList(const Response& response) {
  CHECK(response.body == "[]");
  CHECK(response.status == 200);
}

/// The middle of the text is the TLS library's and changes with its version.
void CheckTlsFailed(const Response& response, const std::string& host) {
  const std::string begin =
      "No TLS connection with the Docker daemon at " + host + ": ";
  const std::string end =
      ". Check the TLS files, and whether the daemon speaks TLS there.";
  CAPTURE(response.body);
  REQUIRE(response.body.size() > begin.size() + end.size());
  CHECK(response.body.substr(0, begin.size()) == begin);
  CHECK(response.body.substr(response.body.size() - end.size()) == end);
  CheckFailed(response, ErrorCode::kTlsFailed, response.body);
}

TlsOptions ClientFiles(const Certificates& certificates) {
  TlsOptions tls;
  tls.ca_file = certificates.ca();
  tls.cert_file = certificates.cert();
  tls.key_file = certificates.key();
  return tls;
}

}  // namespace

TEST_CASE("A daemon whose certificate is verified is reached by TLS") {
  const Certificates certificates;
  const TlsDaemon daemon(certificates, TlsDaemon::Clients::kAnyone);
  TlsOptions tls;
  tls.ca_file = certificates.ca();
  CheckEmptyList(Post("https://" + daemon.address(), tls));
  CheckEmptyList(Post("tcp://" + daemon.address(), tls));
}

TEST_CASE(
    "A daemon without a trusted certificate is rejected if verification is "
    "on") {
  const Certificates certificates;
  const TlsDaemon daemon(certificates, TlsDaemon::Clients::kAnyone);
  const std::string host = "https://" + daemon.address();
  CheckTlsFailed(Post(host, std::nullopt), host);
  TlsOptions tls;
  tls.ca_file = certificates.stranger_cert();
  CheckTlsFailed(Post(host, tls), host);
  tls.ca_file = certificates.ca() + ".missing";
  CheckTlsFailed(Post(host, tls), host);
  tls.ca_file.clear();
  tls.verify = false;
  CheckEmptyList(Post(host, tls));
}

TEST_CASE("A TLS file that is missing is named") {
  const Certificates certificates;
  const TlsDaemon daemon(certificates, TlsDaemon::Clients::kAnyone);
  const std::string host = "tcp://" + daemon.address();
  const auto check = [&](const TlsOptions& tls, const std::string& file) {
    CheckFailed(Post(host, tls), ErrorCode::kTlsFailed,
                "No TLS connection with the Docker daemon at " + host + ": " +
                    file +
                    " cannot be read: No such file or directory. Check the TLS "
                    "files, and whether the daemon speaks TLS there.");
  };
  TlsOptions tls;
  tls.ca_file = "/missing/ca.pem";
  check(tls, "/missing/ca.pem");
  tls = ClientFiles(certificates);
  tls.cert_file = "/missing/cert.pem";
  check(tls, "/missing/cert.pem");
}

TEST_CASE("A certificate for another host is rejected") {
  const Certificates certificates;
  const TlsDaemon daemon(certificates, TlsDaemon::Clients::kAnyone);
  const std::string host =
      "https://localhost" + daemon.address().substr(daemon.address().find(':'));
  TlsOptions tls;
  tls.ca_file = certificates.ca();
  CheckTlsFailed(Post(host, tls), host);
}

TEST_CASE("A daemon that requires a certificate gets the client's") {
  const Certificates certificates;
  const TlsDaemon daemon(certificates, TlsDaemon::Clients::kWithCertificate);
  const std::string host = "tcp://" + daemon.address();
  CheckEmptyList(Post(host, ClientFiles(certificates)));

  TlsOptions stranger = ClientFiles(certificates);
  stranger.cert_file = certificates.stranger_cert();
  stranger.key_file = certificates.stranger_key();
  CheckTlsFailed(Post(host, stranger), host);

  TlsOptions without = ClientFiles(certificates);
  without.cert_file.clear();
  without.key_file.clear();
  CheckTlsFailed(Post(host, without), host);
}
