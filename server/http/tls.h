// SPDX-License-Identifier: Apache-2.0

/// TLS for the server's connections. The only file pair that uses GnuTLS.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_

#include <memory>
#include <mutex>
#include <string>

struct gnutls_session_int;

namespace containercollector::server {

/// PEM files.
struct TlsFiles {
  std::string cert;  ///< The server's certificate, then intermediate ones.
  std::string key;   ///< The private key of that certificate.
  /// CA certificates; clients must present a certificate signed by one of
  /// them. Empty: clients need no certificate.
  std::string client_ca;

  bool enabled() const noexcept { return !cert.empty(); }
};

class TlsCredentials;

/// Puts certificates into TLS sessions. Thread-safe.
class Tls {
 public:
  /// The protocol versions, as a GnuTLS priority string.
  static constexpr const char* kPriorities =
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

  /// @throws std::runtime_error with a text for people if the files cannot be
  /// used.
  explicit Tls(TlsFiles files);

  /// Reads the files again, for new sessions. Changes nothing if it throws.
  /// @throws std::runtime_error as the constructor.
  void Reload();

  /// Sets the server's certificate, and what the client's must be, in a session
  /// before its handshake.
  /// @return What must live as long as the session.
  /// @throws std::runtime_error
  std::shared_ptr<const TlsCredentials> Prepare(
      gnutls_session_int* session) const;

  /// Whether the client of a session, after its handshake, presented the
  /// certificate that it needs.
  bool AcceptsClient(gnutls_session_int* session) const;

 private:
  const TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsCredentials> credentials_;  // Guarded by mutex_.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
