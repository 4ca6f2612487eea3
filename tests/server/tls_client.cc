// SPDX-License-Identifier: Apache-2.0

#include "tests/server/tls_client.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include "tests/support/file_descriptor.h"
#include "tests/support/socket_address.h"
#include "tests/support/system_call.h"

namespace containercollector::test {
namespace {

struct SessionDeleter {
  void operator()(gnutls_session_t session) const noexcept {
    gnutls_deinit(session);
  }
};
struct CredentialsDeleter {
  void operator()(gnutls_certificate_credentials_t credentials) const noexcept {
    gnutls_certificate_free_credentials(credentials);
  }
};
struct CertificateDeleter {
  void operator()(gnutls_x509_crt_t certificate) const noexcept {
    gnutls_x509_crt_deinit(certificate);
  }
};

using Session =
    std::unique_ptr<std::remove_pointer_t<gnutls_session_t>, SessionDeleter>;
using Credentials =
    std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>,
                    CredentialsDeleter>;

void Check(int result) {
  if (result < 0) throw std::runtime_error(gnutls_strerror(result));
}

FileDescriptor Connect(const std::string& url) {
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  const auto address = LoopbackAddress(static_cast<std::uint16_t>(port));
  FileDescriptor socket(CheckSystemCall(
      ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  CheckSystemCall(::connect(socket.get(), Generic(address), sizeof(address)),
                  "connect");
  return socket;
}

std::string LocalAddress(const FileDescriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  CheckSystemCall(
      getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size),
      "getsockname");
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

Credentials Load(const TlsCall& call) {
  gnutls_certificate_credentials_t raw = nullptr;
  Check(gnutls_certificate_allocate_credentials(&raw));
  Credentials credentials(raw);
  Check(gnutls_certificate_set_x509_trust_file(raw, call.authority.c_str(),
                                               GNUTLS_X509_FMT_PEM));
  if (!call.certificate.empty()) {
    Check(gnutls_certificate_set_x509_key_file(
        raw, (call.certificate + ".crt").c_str(),
        (call.certificate + ".key").c_str(), GNUTLS_X509_FMT_PEM));
  }
  return credentials;
}

std::string PeerName(gnutls_session_t session) {
  unsigned int count = 0;
  const gnutls_datum_t* const peers =
      gnutls_certificate_get_peers(session, &count);
  if (peers == nullptr || count == 0) return "";
  gnutls_x509_crt_t raw = nullptr;
  Check(gnutls_x509_crt_init(&raw));
  const std::unique_ptr<std::remove_pointer_t<gnutls_x509_crt_t>,
                        CertificateDeleter>
      certificate(raw);
  Check(gnutls_x509_crt_import(raw, peers, GNUTLS_X509_FMT_DER));
  std::array<char, 256> name{};
  std::size_t size = name.size();
  Check(gnutls_x509_crt_get_dn_by_oid(raw, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                      name.data(), &size));
  return {name.data(), size};
}

std::string ReceiveAll(gnutls_session_t session) {
  std::string bytes;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t received =
        gnutls_record_recv(session, buffer.data(), buffer.size());
    if (received == GNUTLS_E_AGAIN || received == GNUTLS_E_INTERRUPTED)
      continue;
    if (received == 0 || (received < 0 && !bytes.empty())) return bytes;
    Check(static_cast<int>(received));
    bytes.append(buffer.data(), static_cast<std::size_t>(received));
  }
}

}  // namespace

TlsResponse AskByTls(const std::string& url, const TlsCall& call,
                     const std::string& request) {
  TlsResponse response;
  const FileDescriptor socket = Connect(url);
  response.local_address = LocalAddress(socket);
  const Credentials credentials = Load(call);
  gnutls_session_t raw = nullptr;
  // It presents its certificate whatever the server wants.
  Check(gnutls_init(
      &raw, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT));
  const Session session(raw);
  Check(gnutls_priority_set_direct(raw, call.priorities.c_str(), nullptr));
  Check(gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, credentials.get()));
  gnutls_session_set_verify_cert(raw, nullptr, 0);
  gnutls_transport_set_int(raw, socket.get());
  try {
    int result = GNUTLS_E_AGAIN;
    do {
      result = gnutls_handshake(raw);
    } while (result < 0 && gnutls_error_is_fatal(result) == 0);
    Check(result);
    response.server = PeerName(raw);
    Check(static_cast<int>(
        gnutls_record_send(raw, request.data(), request.size())));
    response.http = ParseResponse(ReceiveAll(raw));
  } catch (const std::runtime_error& error) {
    response.error = error.what();
  }
  return response;
}

}  // namespace containercollector::test
