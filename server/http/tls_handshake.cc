// SPDX-License-Identifier: Apache-2.0

#include "server/http/tls_handshake.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

namespace containercollector::server {
namespace {

bool HasReceivedData(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  // If the kernel does not tell, no failure must be lost.
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
         info.tcpi_data_segs_in > 0;
}

/// GnuTLS' sentences about a certificate.
std::string ProblemsText(unsigned int problems) {
  gnutls_datum_t text{};
  if (gnutls_certificate_verification_status_print(problems, GNUTLS_CRT_X509,
                                                   &text, 0) < 0)
    return "it cannot be verified.";
  std::string sentences(reinterpret_cast<const char*>(text.data), text.size);
  gnutls_free(text.data);
  while (!sentences.empty() && sentences.back() == ' ') sentences.pop_back();
  return sentences;
}

}  // namespace

struct TlsHandshake::Callbacks {
  static TlsHandshake& Of(gnutls_session_t session) {
    return *static_cast<TlsHandshake*>(gnutls_session_get_ptr(session));
  }

  /// Called before each message is sent, or handled.
  static int OnMessage(gnutls_session_t session, unsigned int type,
                       unsigned int /*when*/, unsigned int incoming,
                       const gnutls_datum_t* message) noexcept {
    // A certificate is longer than an empty list in any TLS version.
    constexpr unsigned int kEmptyListBytes = 4;
    TlsHandshake& handshake = Of(session);
    if (incoming == 0) {
      if (type == GNUTLS_HANDSHAKE_SERVER_HELLO) handshake.server_hello_ = true;
      return 0;
    }
    if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO) {
      handshake.client_hello_ = true;
    } else if (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT) {
      handshake.no_certificate_ = message->size <= kEmptyListBytes;
    } else if (type == GNUTLS_HANDSHAKE_FINISHED) {
      handshake.finished_ = true;
    }
    return 0;
  }

  static int OnCertificate(gnutls_session_t session) noexcept {
    static unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0};
    TlsHandshake& handshake = Of(session);
    const int result = gnutls_certificate_verify_peers(session, &wanted, 1,
                                                       &handshake.problems_);
    if (result < 0) handshake.problems_ |= GNUTLS_CERT_INVALID;
    handshake.verified_ = handshake.problems_ == 0;
    return handshake.verified_ ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
  }
};

TlsHandshake::TlsHandshake(
    gnutls_session_int* session, bool needs_certificate,
    std::shared_ptr<const TlsCredentials> credentials) noexcept
    : needs_certificate_(needs_certificate),
      credentials_(std::move(credentials)) {
  // libmicrohttpd sets it too, but reads it only with pre-shared keys.
  gnutls_session_set_ptr(session, this);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY,
                                     GNUTLS_HOOK_PRE, &Callbacks::OnMessage);
  if (!needs_certificate_) return;
  gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_verify_function(session, &Callbacks::OnCertificate);
}

std::optional<TlsFailure> TlsHandshake::Failure(int socket) const {
  if (accepted() || (!client_hello_ && !HasReceivedData(socket)))
    return std::nullopt;
  return Describe();
}

TlsFailure TlsHandshake::Describe() const {
  const std::string advice =
      " Give it one that a CA of --tls-client-ca has signed for TLS clients.";
  if (no_certificate_) {
    return {"no_certificate", "The client presented no certificate." + advice};
  }
  if (problems_ != 0) {
    return {"untrusted", "The client's certificate is rejected: " +
                             ProblemsText(problems_) + advice};
  }
  if (!client_hello_) {
    return {"handshake",
            "The client did not speak TLS. Use https:// in its URL."};
  }
  if (!server_hello_) {
    return {"handshake",
            "The client and this server have no TLS version or cipher in "
            "common. Let the client speak TLS 1.2 or 1.3."};
  }
  return {"handshake",
          "The handshake was broken off. The client may not trust this "
          "server's certificate: give it the CA certificate."};
}

}  // namespace containercollector::server
