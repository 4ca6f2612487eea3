// SPDX-License-Identifier: Apache-2.0

/// TLS for the server's own connections. The only part that knows GnuTLS.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_

#include <memory>
#include <mutex>
#include <string>

struct gnutls_session_int;

namespace containercollector::server {

/// Files in PEM.
struct TlsFiles {
  std::string cert;       ///< The server's certificate, and those between it
                          ///< and its authority.
  std::string key;        ///< The key of that certificate.
  std::string client_ca;  ///< Who vouches for clients; empty: anybody may ask.

  bool enabled() const noexcept { return !cert.empty(); }
};

class TlsCredentials;

/// Puts certificates into TLS sessions.
///
/// Thread-safe.
class Tls {
 public:
  /// Which protocol versions are spoken, in the words of GnuTLS.
  static constexpr const char* kPriorities =
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

  /// @throws std::runtime_error with a text for people when the files cannot be
  /// used.
  explicit Tls(TlsFiles files);

  /// Reads the files again. Sessions that exist keep what they had; so do new
  /// ones where it throws.
  /// @throws std::runtime_error as the constructor.
  void Reload();

  /// Gives a session, before its handshake, the certificate to show, and lets
  /// its handshake fail unless the client shows one that is wanted.
  /// @return What must live for as long as the session.
  /// @throws std::runtime_error
  std::shared_ptr<const TlsCredentials> Prepare(
      gnutls_session_int* session) const;

  /// Whether the client of a session, after its handshake, may ask.
  bool ClientIsWelcome(gnutls_session_int* session) const;

 private:
  const TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsCredentials> credentials_;  // Guarded by mutex_.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
