// SPDX-License-Identifier: Apache-2.0

/// Certificates and clients for the tests of TLS, by the openssl program.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_PKI_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_PKI_H_

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/posix.h"
#include "tests/support/program.h"

namespace containercollector::test {

/// An authority, the server's certificate, and clients good and bad.
struct Pki {
  Pki() {
    std::ofstream(dir / "config") << "[req]\ndistinguished_name=dn\n[dn]\n";
    for (const char* name : {"ca", "other-ca"})
      Issue(name, "basicConstraints=critical,CA:TRUE");
    std::filesystem::copy(dir / "ca.crt", dir / "clients.crt");
    Issue("server", "extendedKeyUsage=serverAuth", "ca");
    Issue("client", "extendedKeyUsage=clientAuth", "ca");
    Issue("stranger", "extendedKeyUsage=clientAuth", "other-ca");
    Issue("wrong-purpose", "extendedKeyUsage=serverAuth", "ca");
  }

  /// Writes NAME.crt and NAME.key: a certificate for the common name NAME,
  /// signed by an authority, or by itself.
  void Issue(const std::string& name, const std::string& extension,
             const std::string& authority = "", int days = 2) const {
    RunSuccessfully({"bash", "-euc", R"(
cd "$0"
openssl req -x509 -config config -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
  -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" -addext "$2" \
  ${3:+-CA "$3.crt" -CAkey "$3.key"} -days "$4")",
                     dir.path(), name, extension, authority,
                     std::to_string(days)});
  }

  /// Returns the command of a client that sends `request`, then prints what it
  /// receives until the server closes the connection.
  /// @param client The name of its certificate; empty: none.
  Command Client(const std::string& url, const std::string& request,
                 const std::string& client, const Command& options) const {
    return Joined({"bash", "-euc", R"(
cd "$0"
printf %s "$1" | openssl s_client -quiet -connect "${2#https://}" \
  -CAfile ca.crt -verify_return_error ${3:+-cert "$3.crt" -key "$3.key"} \
  "${@:4}")",
                   dir.path(), request, url, client},
                  options);
  }

  TempDir dir;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_PKI_H_
