// SPDX-License-Identifier: Apache-2.0

#include "tests/server/certificates.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
#include <atomic>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace containercollector::test {
namespace {

void Check(int result) {
  if (result < 0) throw std::runtime_error(gnutls_strerror(result));
}

template <typename Export>
void WritePem(const std::string& path, Export export_pem) {
  gnutls_datum_t pem{};
  Check(export_pem(&pem));
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(pem.data), pem.size);
  gnutls_free(pem.data);
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

void SetSerial(gnutls_x509_crt_t certificate) {
  static std::atomic<unsigned char> last{0};
  const std::array<unsigned char, 2> serial{1, ++last};
  Check(gnutls_x509_crt_set_serial(certificate, serial.data(), serial.size()));
}

void SetValidity(gnutls_x509_crt_t certificate, std::chrono::seconds validity) {
  constexpr std::time_t kDay = 24 * 60 * 60;
  const std::time_t now = std::time(nullptr);
  Check(gnutls_x509_crt_set_activation_time(certificate, now - kDay));
  Check(gnutls_x509_crt_set_expiration_time(
      certificate, now + static_cast<std::time_t>(validity.count())));
}

void SetPurpose(gnutls_x509_crt_t certificate, Purpose purpose) {
  if (purpose == Purpose::kAuthority) {
    Check(gnutls_x509_crt_set_basic_constraints(certificate, 1, -1));
    Check(gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_KEY_CERT_SIGN));
    return;
  }
  Check(
      gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE));
  Check(gnutls_x509_crt_set_key_purpose_oid(certificate,
                                            purpose == Purpose::kServer
                                                ? GNUTLS_KP_TLS_WWW_SERVER
                                                : GNUTLS_KP_TLS_WWW_CLIENT,
                                            0));
}

}  // namespace

void Certificate::KeyDeleter::operator()(
    gnutls_x509_privkey_int* key) const noexcept {
  gnutls_x509_privkey_deinit(key);
}

void Certificate::CertificateDeleter::operator()(
    gnutls_x509_crt_int* certificate) const noexcept {
  gnutls_x509_crt_deinit(certificate);
}

Certificate::Certificate(const std::string& name, Purpose purpose,
                         const Certificate* authority,
                         std::chrono::seconds validity) {
  gnutls_x509_privkey_t key = nullptr;
  Check(gnutls_x509_privkey_init(&key));
  key_.reset(key);
  Check(gnutls_x509_privkey_generate(
      key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
      0));

  gnutls_x509_crt_t certificate = nullptr;
  Check(gnutls_x509_crt_init(&certificate));
  certificate_.reset(certificate);
  Check(gnutls_x509_crt_set_version(certificate, 3));
  SetSerial(certificate);
  SetValidity(certificate, validity);
  Check(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME,
                                      0, name.data(),
                                      static_cast<unsigned int>(name.size())));
  Check(gnutls_x509_crt_set_key(certificate, key));
  SetPurpose(certificate, purpose);
  const Certificate& signer = authority == nullptr ? *this : *authority;
  Check(gnutls_x509_crt_sign2(certificate, signer.certificate_.get(),
                              signer.key_.get(), GNUTLS_DIG_SHA256, 0));
}

void Certificate::Write(const std::string& path) const {
  WritePem(path + ".crt", [this](gnutls_datum_t* pem) {
    return gnutls_x509_crt_export2(certificate_.get(), GNUTLS_X509_FMT_PEM,
                                   pem);
  });
  WritePem(path + ".key", [this](gnutls_datum_t* pem) {
    return gnutls_x509_privkey_export2(key_.get(), GNUTLS_X509_FMT_PEM, pem);
  });
}

}  // namespace containercollector::test
