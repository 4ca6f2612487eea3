// SPDX-License-Identifier: Apache-2.0

/// Certificates and clients for the tests of TLS, by the openssl program.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_PKI_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_PKI_H_

#include <fstream>
#include <string>

#include "tests/support/http_client.h"
#include "tests/support/posix.h"
#include "tests/support/program.h"

namespace containercollector::test {

/// An authority, the server's certificate, and clients good and bad.
struct Pki {
  Pki() {
    std::ofstream(dir / "config") << "[req]\ndistinguished_name=dn\n[dn]\n";
    for (const char* name : {"ca", "other-ca"})
      Issue(name, "basicConstraints=critical,CA:TRUE");
    for (const char* suffix : {".crt", ".key"})
      std::ofstream(dir / "clients" + suffix) << ReadFile(dir / "ca" + suffix);
    Issue("server", "extendedKeyUsage=serverAuth", "ca");
    Issue("client", "extendedKeyUsage=clientAuth", "ca");
    Issue("stranger", "extendedKeyUsage=clientAuth", "other-ca");
    Issue("wrong-purpose", "extendedKeyUsage=serverAuth", "ca");
  }

  /// Writes NAME.crt and NAME.key: a certificate for the common name NAME,
  /// signed by itself or by an authority.
  void Issue(const std::string& name, const std::string& extension,
             const std::string& authority = "", int days = 2) const {
    Command command = {"openssl",
                       "req",
                       "-x509",
                       "-config",
                       dir / "config",
                       "-newkey",
                       "ec",
                       "-pkeyopt",
                       "ec_paramgen_curve:P-256",
                       "-nodes",
                       "-days",
                       std::to_string(days),
                       "-subj",
                       "/CN=" + name,
                       "-addext",
                       extension,
                       "-keyout",
                       dir / name + ".key",
                       "-out",
                       dir / name + ".crt"};
    if (!authority.empty())
      command = Joined(command, {"-CA", dir / authority + ".crt", "-CAkey",
                                 dir / authority + ".key"});
    RunSuccessfully(command);
  }

  Command ServerArguments() const {
    return {"--tls-cert", dir / "server.crt", "--tls-key", dir / "server.key"};
  }
  Command MutualArguments() const {
    return Joined(ServerArguments(), {"--tls-client-ca", dir / "clients.crt"});
  }

  /// Returns the command of a client that sends `request`, then prints what it
  /// receives until the server closes the connection.
  /// @param client The name of its certificate; empty: none.
  Command Client(const std::string& url, const std::string& request,
                 const std::string& client, const Command& options) const {
    Command command = {"bash",
                       "-c",
                       R"(printf %s "$0" | openssl s_client -quiet "$@")",
                       request,
                       "-connect",
                       url.substr(url.rfind('/') + 1),
                       "-CAfile",
                       dir / "ca.crt",
                       "-verify_return_error"};
    if (!client.empty())
      command = Joined(command, {"-cert", dir / client + ".crt", "-key",
                                 dir / client + ".key"});
    return Joined(command, options);
  }

  TempDir dir;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_PKI_H_
