// SPDX-License-Identifier: Apache-2.0

/// A caller that speaks TLS.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_TLS_CLIENT_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_TLS_CLIENT_H_

#include <string>

#include "tests/support/http_client.h"

namespace containercollector::test {

struct TlsCall {
  std::string authority;    ///< PEM file with who vouches for the server.
  std::string certificate;  ///< Path without .crt and .key; empty: none.
  std::string priorities = "NORMAL";  ///< Protocols, in GnuTLS' words.
};

struct TlsResponse {
  std::string error;  ///< Of the handshake or of reading; empty where it went
                      ///< well.
  std::string local_address;  ///< The client's, with its port.
  std::string server;         ///< Common name of the server's certificate.
  HttpResponse http;
};

TlsResponse AskByTls(const std::string& url, const TlsCall& call,
                     const std::string& request);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_TLS_CLIENT_H_
