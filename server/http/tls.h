// SPDX-License-Identifier: Apache-2.0

/// Certificates of the server's connections.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "server/http/tls_handshake.h"

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

/// A file of TlsFiles that cannot be used. Its text names the file and why.
class TlsFileError : public std::runtime_error {
 public:
  TlsFileError(std::string TlsFiles::* file, const std::string& text)
      : std::runtime_error(text), file_(file) {}

  std::string TlsFiles::* file() const noexcept { return file_; }

 private:
  std::string TlsFiles::* file_;
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

  /// Sets the server's certificate, and what the client's must be, in a session
  /// before its handshake.
  /// @return What must live as long as the session.
  /// @throws std::runtime_error
  std::unique_ptr<TlsHandshake> Prepare(gnutls_session_int* session) const;

  /// Returns when the server's certificate, or one that it comes with, expires.
  std::chrono::system_clock::time_point Expiry() const;

 private:
  std::shared_ptr<const TlsCredentials> credentials() const;

  const TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsCredentials> credentials_;  // Guarded by mutex_.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_TLS_H_
