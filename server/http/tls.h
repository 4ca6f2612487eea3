// SPDX-License-Identifier: Apache-2.0
/// Certificates of the server's connections, and their handshakes.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

struct gnutls_session_int;

namespace containercollector::server {

struct TlsCredentials;

/// Why a TLS handshake failed.
struct TlsFailure {
  const char* reason;  ///< "handshake", "no_certificate" or "untrusted".
  std::string text;    ///< For operators.
};

/// The progress of a handshake, which callbacks of its GnuTLS session record:
/// libmicrohttpd (0.9.75 and 1.0.1) does not report why a handshake failed, and
/// destroys the session before it reports the end of the connection.
///
/// Thread-safety: none; the server's thread owns it.
struct TlsHandshake {
  /// Returns whether the client has completed the handshake, and presented a
  /// trusted certificate if it needs one.
  bool accepted() const noexcept {
    return finished && (!needs_certificate || verified);
  }

  /// Returns why the handshake failed, or nothing if it succeeded or the client
  /// sent nothing, as port probes do. Call when the connection ends.
  std::optional<TlsFailure> Failure(int socket) const;

  std::shared_ptr<const TlsCredentials> credentials;
  bool needs_certificate = false;
  bool client_hello = false;    ///< The client began a handshake.
  bool server_hello = false;    ///< Both sides agree on version and cipher.
  bool no_certificate = false;  ///< The client presented an empty list.
  bool verified = false;        ///< The client's certificate is trusted.
  unsigned int problems = 0;    ///< Of that certificate, in GnuTLS' bits.
  bool finished = false;        ///< The client completed the handshake.
};

/// PEM files.
struct TlsFiles {
  std::string cert;  ///< The server's certificate, then intermediate ones.
  std::string key;   ///< The private key of that certificate.
  /// CA certificates; clients must present a certificate signed by one of
  /// them. Empty: clients need no certificate.
  std::string client_ca;

  bool enabled() const noexcept { return !cert.empty(); }
};

/// Reports which of the files cannot be used, and why.
struct TlsFileError : std::runtime_error {
  TlsFileError(std::string TlsFiles::* at_fault, const std::string& text)
      : std::runtime_error(text), file(at_fault) {}

  std::string TlsFiles::* file;
};

/// Puts certificates into TLS sessions. Thread-safe.
class Tls {
 public:
  /// The protocol versions, as a GnuTLS priority string.
  static constexpr const char* kPriorities =
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

  /// @throws TlsFileError
  explicit Tls(TlsFiles files);

  /// Reads the files again, for new sessions. Changes nothing if it throws.
  /// @throws TlsFileError
  void Reload();

  /// Sets the server's certificate and the requirements for the client's, in a
  /// session before its handshake.
  /// @return Must live as long as the session.
  /// @throws std::runtime_error
  std::unique_ptr<TlsHandshake> Prepare(gnutls_session_int* session) const;

  /// Returns when the first of the server's certificate and its intermediate
  /// ones expires.
  std::chrono::system_clock::time_point Expiry() const;

 private:
  const TlsFiles files_;
  std::shared_ptr<const TlsCredentials> credentials_;  // Accessed atomically.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
