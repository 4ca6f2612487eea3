// SPDX-License-Identifier: Apache-2.0

#include "tests/integration/tls_daemon.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/support/wait.h"

namespace containercollector::test {
namespace {

constexpr std::chrono::seconds kStartBound{60};

/// Returns the command of openssl for a new key and its self-signed
/// certificate.
Command SelfSigned(const std::string& name, const std::string& key,
                   const std::string& cert) {
  return {"openssl",
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-days",
          "2",
          "-subj",
          "/CN=" + name,
          "-keyout",
          key,
          "-out",
          cert};
}

}  // namespace

Certificates::Certificates() {
  RunSuccessfully(SelfSigned("authority", dir_ / "ca-key.pem", ca()));
  RunSuccessfully(SelfSigned("stranger", stranger_key(), stranger_cert()));
  RunSuccessfully({"openssl", "req", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=daemon",
                   "-keyout", key(), "-out", dir_ / "request.pem"});
  const std::string extensions = dir_ / "extensions";
  std::ofstream(extensions) << "subjectAltName=IP:127.0.0.1\n";
  RunSuccessfully({"openssl", "x509", "-req", "-in", dir_ / "request.pem",
                   "-CA", ca(), "-CAkey", dir_ / "ca-key.pem", "-days", "2",
                   "-extfile", extensions, "-out", cert()});
}

TlsDaemon::TlsDaemon(const Certificates& certificates, Clients clients) {
  // openssl's server sends the file that a request names as the response.
  const std::filesystem::path list = dir_ / "v1.40/containers/json?all=1";
  std::filesystem::create_directories(list.parent_path());
  std::ofstream(list) << "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[]";

  Command command = {"env",
                     "--chdir=" + dir_.path(),
                     "openssl",
                     "s_server",
                     "-HTTP",
                     "-accept",
                     "127.0.0.1:0",
                     "-cert",
                     certificates.cert(),
                     "-key",
                     certificates.key()};
  if (clients == Clients::kWithCertificate) {
    const Command more = {"-Verify", "1", "-verify_return_error", "-CAfile",
                          certificates.ca()};
    command.insert(command.end(), more.begin(), more.end());
  }
  const std::string log = dir_ / "log";
  const FileDescriptor output = OpenLog(log);
  server_ = std::make_unique<Process>(command, output, output);

  const std::string mark = "ACCEPT ";
  const auto has_address = [&] {
    const std::string text = ReadFile(log);
    const std::size_t begin = text.find(mark);
    const std::size_t end = text.find('\n', begin);
    if (begin == std::string::npos || end == std::string::npos) return false;
    address_ = text.substr(begin + mark.size(), end - begin - mark.size());
    return true;
  };
  if (!WaitUntil(has_address, kStartBound)) {
    throw std::runtime_error("openssl s_server does not listen: " +
                             ReadFile(log));
  }
}

}  // namespace containercollector::test
