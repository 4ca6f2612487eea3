// SPDX-License-Identifier: Apache-2.0

#include "server/http/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <stdexcept>
#include <utility>

namespace containercollector::server {
namespace {

void Check(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + gnutls_strerror(result));
}

}  // namespace

/// RAII: owns what GnuTLS loaded from the files.
class TlsCredentials {
 public:
  explicit TlsCredentials(const TlsFiles& files) {
    Check(gnutls_certificate_allocate_credentials(&credentials_),
          "Cannot use TLS: ");
    try {
      Load(files);
    } catch (...) {
      gnutls_certificate_free_credentials(credentials_);
      throw;
    }
  }
  ~TlsCredentials() { gnutls_certificate_free_credentials(credentials_); }
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  gnutls_certificate_credentials_t get() const noexcept { return credentials_; }

 private:
  void Load(const TlsFiles& files) {
    Check(gnutls_certificate_set_x509_key_file(credentials_, files.cert.c_str(),
                                               files.key.c_str(),
                                               GNUTLS_X509_FMT_PEM),
          "Cannot use the certificate " + files.cert + " with the key " +
              files.key + ": write readable PEM files that belong together: ");
    if (files.client_ca.empty()) return;
    const int authorities = gnutls_certificate_set_x509_trust_file(
        credentials_, files.client_ca.c_str(), GNUTLS_X509_FMT_PEM);
    const std::string what =
        "Cannot use the CA certificates in " + files.client_ca +
        ": write a readable PEM file with at least one certificate";
    Check(authorities, what + ": ");
    if (authorities == 0) throw std::runtime_error(what);
  }

  gnutls_certificate_credentials_t credentials_ = nullptr;
};

Tls::Tls(TlsFiles files)
    : files_(std::move(files)),
      credentials_(std::make_shared<const TlsCredentials>(files_)) {}

void Tls::Reload() {
  auto credentials = std::make_shared<const TlsCredentials>(files_);
  const std::lock_guard lock(mutex_);
  credentials_ = std::move(credentials);
}

std::shared_ptr<const TlsCredentials> Tls::Prepare(
    gnutls_session_int* session) const {
  std::shared_ptr<const TlsCredentials> credentials;
  {
    const std::lock_guard lock(mutex_);
    credentials = credentials_;
  }
  Check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                               credentials->get()),
        "Cannot use TLS: ");
  if (!files_.client_ca.empty()) {
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    // Static, as the session refers to it until its handshake is over.
    static unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    static gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0};
    gnutls_session_set_verify_cert2(session, &wanted, 1, 0);
  }
  return credentials;
}

bool Tls::AcceptsClient(gnutls_session_int* session) const {
  if (files_.client_ca.empty()) return true;
  unsigned int certificates = 0;
  return gnutls_certificate_get_peers(session, &certificates) != nullptr &&
         certificates > 0 &&
         gnutls_session_get_verify_cert_status(session) == 0;
}

}  // namespace containercollector::server
