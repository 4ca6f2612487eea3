// SPDX-License-Identifier: Apache-2.0

/// A daemon that speaks TLS, and its certificates.
#ifndef CONTAINERCOLLECTOR_TESTS_INTEGRATION_TLS_DAEMON_H_
#define CONTAINERCOLLECTOR_TESTS_INTEGRATION_TLS_DAEMON_H_

#include <memory>
#include <string>

#include "containercollector/runtime_options.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace containercollector::test {

/// A CA, a certificate for 127.0.0.1 that it signed, and a self-signed
/// certificate. Created by the openssl program.
class Certificates {
 public:
  Certificates();

  std::string ca() const { return dir_ / "ca.pem"; }
  std::string cert() const { return dir_ / "cert.pem"; }
  std::string key() const { return dir_ / "key.pem"; }
  std::string stranger_cert() const { return dir_ / "stranger.pem"; }
  std::string stranger_key() const { return dir_ / "stranger-key.pem"; }

 private:
  TempDir dir_;
};

/// Responds to every list with `[]`, through openssl's own server.
class TlsDaemon {
 public:
  enum class Clients { kAnyone, kWithCertificate };

  TlsDaemon(const Certificates& certificates, Clients clients);

  /// "127.0.0.1:PORT"
  const std::string& address() const { return address_; }

 private:
  TempDir dir_;
  std::unique_ptr<Process> server_;
  std::string address_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_INTEGRATION_TLS_DAEMON_H_
