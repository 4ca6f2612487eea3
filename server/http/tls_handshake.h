// SPDX-License-Identifier: Apache-2.0

/// What happens in the TLS handshake of a connection.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_TLS_HANDSHAKE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_TLS_HANDSHAKE_H_

#include <memory>
#include <optional>
#include <string>

struct gnutls_session_int;

namespace containercollector::server {

class TlsCredentials;

/// Why a client got no TLS connection.
struct TlsFailure {
  const char* reason;  ///< "handshake", "no_certificate" or "untrusted".
  std::string text;    ///< For people.
};

/// Watches a handshake.
///
/// libmicrohttpd (0.9.75 and 1.0.1 alike) does not tell why a handshake failed:
/// its log has the same line for every reason, and when it notifies of the end
/// of a connection, it has destroyed the GnuTLS session already. So callbacks
/// of the session write down how far it came.
///
/// Thread-safety: none; the server's thread owns it.
class TlsHandshake {
 public:
  /// @param session Before its handshake. The object must outlive it.
  /// @param needs_certificate Whether the client must present one.
  TlsHandshake(gnutls_session_int* session, bool needs_certificate,
               std::shared_ptr<const TlsCredentials> credentials) noexcept;
  TlsHandshake(const TlsHandshake&) = delete;
  TlsHandshake& operator=(const TlsHandshake&) = delete;

  /// Whether it is complete, with the certificate that the client needs.
  bool accepted() const noexcept {
    return finished_ && (!needs_certificate_ || verified_);
  }

  /// Returns why the handshake failed, at the end of the connection. Nothing if
  /// it did not, or if the client sent nothing: probes of a port do that.
  std::optional<TlsFailure> Failure(int socket) const;

 private:
  struct Callbacks;  // What GnuTLS calls.

  TlsFailure Describe() const;

  const bool needs_certificate_;
  const std::shared_ptr<const TlsCredentials> credentials_;
  bool client_hello_ = false;    // The client began a handshake.
  bool server_hello_ = false;    // Version and cipher are agreed.
  bool no_certificate_ = false;  // The client presented an empty list.
  bool verified_ = false;        // The client's certificate is trusted.
  unsigned int problems_ = 0;    // Of that certificate, in GnuTLS' bits.
  bool finished_ = false;        // The client completed the handshake.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_TLS_HANDSHAKE_H_
