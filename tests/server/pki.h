// SPDX-License-Identifier: Apache-2.0

/// Certificates for the tests of TLS.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_PKI_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_PKI_H_

#include <string>

#include "tests/server/certificates.h"
#include "tests/server/node.h"
#include "tests/server/tls_client.h"

namespace containercollector::test {

/// An authority, the server's certificate, and clients good and bad.
struct Pki {
  Pki() {
    authority.Write(dir / "ca");
    authority.Write(dir / "clients");
    other_authority.Write(dir / "other-ca");
    Certificate("server one", Purpose::kServer, &authority)
        .Write(dir / "server");
    Certificate("client", Purpose::kClient, &authority).Write(dir / "client");
    Certificate("stranger", Purpose::kClient, &other_authority)
        .Write(dir / "stranger");
    Certificate("server as client", Purpose::kServer, &authority)
        .Write(dir / "wrong-purpose");
  }

  Command ServerArguments() const {
    return {"--tls-cert", dir / "server.crt", "--tls-key", dir / "server.key"};
  }
  Command MutualArguments() const {
    Command arguments = ServerArguments();
    arguments.insert(arguments.end(), {"--tls-client-ca", dir / "clients.crt"});
    return arguments;
  }
  TlsCall Client(const std::string& name = "") const {
    TlsCall call;
    call.authority = dir / "ca.crt";
    if (!name.empty()) call.certificate = dir / name;
    return call;
  }

  TempDir dir;
  Certificate authority{"authority", Purpose::kAuthority};
  Certificate other_authority{"other authority", Purpose::kAuthority};
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_PKI_H_
