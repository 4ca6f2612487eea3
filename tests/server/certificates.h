// SPDX-License-Identifier: Apache-2.0

/// Certificates that live as long as a test.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_CERTIFICATES_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_CERTIFICATES_H_

#include <chrono>
#include <memory>
#include <string>

struct gnutls_x509_privkey_int;
struct gnutls_x509_crt_int;

namespace containercollector::test {

enum class Purpose { kAuthority, kServer, kClient };

/// A key and a certificate, signed by itself or by an authority.
class Certificate {
 public:
  /// @param name Common name.
  Certificate(const std::string& name, Purpose purpose,
              const Certificate* authority = nullptr,
              std::chrono::seconds validity = std::chrono::hours(24));

  /// Writes PEM files, and returns nothing: their names are `path` with .crt
  /// and .key.
  void Write(const std::string& path) const;

 private:
  struct KeyDeleter {
    void operator()(gnutls_x509_privkey_int* key) const noexcept;
  };
  struct CertificateDeleter {
    void operator()(gnutls_x509_crt_int* certificate) const noexcept;
  };

  std::unique_ptr<gnutls_x509_privkey_int, KeyDeleter> key_;
  std::unique_ptr<gnutls_x509_crt_int, CertificateDeleter> certificate_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_CERTIFICATES_H_
